// A static multicast routing protocol in C++: forwards GROUP from one interface to another until
// its standard input ends. example UPSTREAM-INDEX DOWNSTREAM-INDEX GROUP, with
// MGM_FORWARDER=linux in the kernel.
#include <mgm.hpp>

#include <iostream>

struct Static : mgm::Protocol {
    void rpf(mgm::RpfQuery &query) override {
        std::cout << "rpf " << query.source.text() << ' ' << query.group.text() << " in " << query.incoming.index
                  << std::endl;
    }

    void creation(const mgm::CreationAlert &alert) override {
        std::cout << "creation " << alert.source.text() << ' ' << alert.group.text() << " out [";
        const char *separator = "";
        for (const MGM_IF_ENTRY &each : alert.outgoing)
            std::cout << std::exchange(separator, " ") << each.dwIfIndex;
        std::cout << ']' << std::endl;
    }
};

int main(int argc, char **argv) try {
    const auto group = argc == 4 ? mgm::Address::parse(argv[3]) : std::nullopt;
    if (!group) {
        std::cerr << "usage: example UPSTREAM-INDEX DOWNSTREAM-INDEX GROUP\n";
        return 2;
    }
    mgm::Registration protocol(std::make_shared<Static>(), PROTOCOL_ID(PROTO_TYPE_MCAST, PROTO_VENDOR_MS1, 100), 1);
    const auto index = [&](int n) { return static_cast<DWORD>(std::stoul(argv[n])); };
    mgm::OwnedInterface upstream = protocol.take({index(1)}), downstream = protocol.take({index(2)});
    downstream.join(mgm::Entry::any_source(*group));
    std::cout << "ready" << std::endl;
    while (std::cin.get() != EOF) {
    }
} catch (const std::exception &error) {
    std::cerr << error.what() << '\n';
    return 1;
}
