// mgm.hpp, on the memory forwarder. Prints "N passed"; exit code 1 where one failed.
//   wrapper [NAME...]
#include <mgm.hpp>
#include <mgmhost.h>

#include <cstring>
#include <functional>
#include <iostream>
#include <set>
#include <stdexcept>
#include <thread>

using mgm::Address;
using mgm::Cause;
using mgm::Entry;
using mgm::Errc;
using mgm::InterfaceKey;

namespace {

int failures = 0;

void check(bool ok, const char *text, int line) {
    if (!ok) {
        std::cout << "  line " << line << ": " << text << std::endl;
        ++failures;
    }
}
#define CHECK(condition) check(static_cast<bool>(condition), #condition, __LINE__)

template <typename Call> std::error_code thrown(Call call) {
    try {
        call();
    } catch (const std::system_error &error) {
        return error.code();
    }
    return {};
}
#define CHECK_THROWS(call, error) CHECK(thrown([&] { call; }) == (error))

// The manager on the memory forwarder, its clock stopped; ends clean or fails the test.
struct Host {
    Host() {
        MGM_HOST_OPTIONS options{};
        options.dwSize = sizeof options;
        CHECK(MgmHostGetDefaultOptions(&options) == NO_ERROR);
        options.dwForwarder = MGM_HOST_FORWARDER_MEMORY;
        options.dwClock = MGM_HOST_CLOCK_MANUAL;
        CHECK(MgmHostStart(&options) == NO_ERROR);
    }
    ~Host() { CHECK(MgmHostStop() == NO_ERROR); }
    Host(const Host &) = delete;
    Host &operator=(const Host &) = delete;
};

void route(Address network, unsigned length, DWORD index, Address gateway = {}) {
    MGM_HOST_ROUTE route{network.network(), Address::mask(length).network(), index, gateway.network(), 3};
    CHECK(MgmHostAddRoute(&route) == NO_ERROR);
}

// An IPv4 header without payload.
std::array<std::uint8_t, 20> header(Address source, Address group) {
    std::array<std::uint8_t, 20> bytes{0x45, 0, 0, 20, 0, 0, 0, 0, 8, 17};
    const DWORD s = source.network(), g = group.network();
    std::memcpy(&bytes[12], &s, 4);
    std::memcpy(&bytes[16], &g, 4);
    unsigned sum = 0;
    for (std::size_t i = 0; i < bytes.size(); i += 2)
        sum += static_cast<unsigned>(bytes[i] << 8 | bytes[i + 1]);
    sum = ~(sum % 0xFFFF) & 0xFFFF;
    bytes[10] = static_cast<std::uint8_t>(sum >> 8);
    bytes[11] = static_cast<std::uint8_t>(sum & 0xFF);
    return bytes;
}

void packet(DWORD index, Address source, Address group) {
    auto bytes = header(source, group);
    CHECK(MgmHostReceivePacket(index, 0, bytes.data(), static_cast<DWORD>(bytes.size())) == NO_ERROR);
}

std::string text(const Entry &entry) {
    return "(" + entry.source.text() + "/" + entry.source_mask.text() + ", " + entry.group.text() + "/" +
           entry.group_mask.text() + ")";
}

// Writes down what it is told; hooks change answers.
struct Recorder : mgm::Protocol {
    void rpf(mgm::RpfQuery &query) override {
        heard.push_back("rpf " + query.source.text() + " " + query.group.text() + " in " +
                        std::to_string(query.incoming.index) + " upstream " + query.upstream.text() + " header " +
                        std::to_string(query.header.size()) +
                        (query.route ? " prefix " + std::to_string(query.route->DestAddress.NumBits) : ""));
        if (on_rpf)
            on_rpf(query);
    }
    void creation(const mgm::CreationAlert &alert) override {
        std::string line = "creation " + alert.source.text() + " " + alert.group.text() + " in " +
                           std::to_string(alert.incoming.index) + " out";
        for (const MGM_IF_ENTRY &entry : alert.outgoing)
            line += " " + std::to_string(entry.dwIfIndex) + (entry.bIGMP ? "i" : "");
        heard.push_back(line);
        if (on_creation)
            on_creation(alert);
    }
    void prune(mgm::PruneAlert &alert) override {
        heard.push_back("prune " + text(alert.entry) + " last " + std::to_string(alert.last.index) +
                        (alert.cause == Cause::membership ? " membership" : " mfe"));
        if (on_prune)
            on_prune(alert);
    }
    void join(const Entry &entry, Cause cause) override {
        heard.push_back("join " + text(entry) + (cause == Cause::membership ? " membership" : " mfe"));
        if (on_join)
            on_join();
    }
    void wrong_interface(const mgm::WrongInterfaceAlert &alert) override {
        heard.push_back("wrong_interface " + alert.source.text() + " " + alert.group.text() + " on " +
                        std::to_string(alert.arrived.index) + " header " + std::to_string(alert.header.size()));
        if (on_alert)
            on_alert();
    }
    void local_join(const Entry &entry, InterfaceKey on) override {
        heard.push_back("local_join " + text(entry) + " on " + std::to_string(on.index));
        if (on_alert)
            on_alert();
    }
    void local_leave(const Entry &entry, InterfaceKey on) override {
        heard.push_back("local_leave " + text(entry) + " on " + std::to_string(on.index));
        if (on_alert)
            on_alert();
    }
    void disable_igmp(InterfaceKey on) override {
        heard.push_back("disable_igmp " + std::to_string(on.index));
        if (on_alert)
            on_alert();
    }
    void enable_igmp(InterfaceKey on) override {
        heard.push_back("enable_igmp " + std::to_string(on.index));
        if (on_alert)
            on_alert();
    }
    bool restarts_igmp() const noexcept override { return restarts; }
    void exception(const char *callback, std::exception_ptr what) noexcept override {
        try {
            std::rethrow_exception(what);
        } catch (const std::runtime_error &error) {
            heard.push_back(std::string("exception ") + callback + ": " + error.what());
        } catch (int number) {
            heard.push_back(std::string("exception ") + callback + ": " + std::to_string(number));
        }
    }

    // What was heard since the last time.
    std::vector<std::string> told() { return std::exchange(heard, {}); }

    std::vector<std::string> heard;
    std::function<void(mgm::RpfQuery &)> on_rpf;
    std::function<void(const mgm::CreationAlert &)> on_creation;
    std::function<void(mgm::PruneAlert &)> on_prune;
    std::function<void()> on_join, on_alert;
    bool restarts = true;
};

using Lines = std::vector<std::string>;

void check_lines(const Lines &found, const Lines &expected, int line) {
    check(found == expected, "what was told", line);
    if (found != expected) {
        for (const std::string &each : found)
            std::cout << "    told: " << each << '\n';
        for (const std::string &each : expected)
            std::cout << "    expected: " << each << std::endl;
    }
}
#define CHECK_TOLD(recorder, ...) check_lines((recorder).told(), Lines{__VA_ARGS__}, __LINE__)

const Address source{10, 0, 0, 1}, group{239, 1, 1, 1};

void addresses() {
    static_assert(Address(239, 1, 1, 1).host() == 0xEF010101);
    static_assert(Address::from_host(0xEF010101) == Address(239, 1, 1, 1));
    static_assert(Address::from_network(Address(1, 2, 3, 4).network()) == Address(1, 2, 3, 4));
    static_assert(Address(1, 0, 0, 2) < Address(2, 0, 0, 1));
    static_assert(Address::mask(0) == Address() && Address::mask(12) == Address(255, 240, 0, 0));
    static_assert(Address::mask(32) == Address(255, 255, 255, 255));
    const DWORD number = Address(1, 2, 3, 4).network();
    std::uint8_t bytes[4];
    std::memcpy(bytes, &number, 4);
    CHECK(bytes[0] == 1 && bytes[3] == 4);
    CHECK(Address::parse("239.1.255.0") == Address(239, 1, 255, 0));
    CHECK(Address(239, 1, 255, 0).text() == "239.1.255.0");
    for (const char *bad : {"", "1.2.3", "1.2.3.", "1.2.3.4.", "1.2.3.256", "1.2.3.04", "1..2.3", " 1.2.3.4", "-1.2.3.4"})
        CHECK(!Address::parse(bad));
}

void errors() {
    const std::error_code error = Errc::not_found;
    CHECK(error.category() == mgm::category());
    CHECK(std::strcmp(error.category().name(), "mgm") == 0);
    CHECK(error.value() == 1168);
    CHECK(error.message().starts_with("ERROR_NOT_FOUND"));
    CHECK(std::error_code(Errc::invalid_parameter) == std::errc::invalid_argument);
    CHECK(std::error_code(Errc::not_enough_memory) == std::errc::not_enough_memory);
    CHECK(std::error_code(5, mgm::category()).message() == "error 5");

    const Host host;
    std::error_code given;
    mgm::owner_of({7}, given);
    CHECK(given == Errc::not_found);
    std::string what;
    try {
        mgm::owner_of({7});
    } catch (const std::system_error &failed) {
        CHECK(failed.code() == Errc::not_found);
        what = failed.what();
    }
    CHECK(what.starts_with("MgmGetProtocolOnInterface: ERROR_NOT_FOUND"));

    mgm::Registration first(std::make_shared<Recorder>(), 100, 1);
    mgm::Registration same(std::make_shared<Recorder>(), 100, 1, given);
    CHECK(given == Errc::already_exists && !same);
    CHECK_THROWS(mgm::Registration(std::make_shared<Recorder>(), 100, 1), Errc::already_exists);
    mgm::Registration none(nullptr, 100, 2, given);
    CHECK(given == Errc::invalid_parameter && !none);
    mgm::OwnedInterface lan = first.take({1});
    CHECK_THROWS(auto again = first.take({1}), Errc::already_exists);
    CHECK_THROWS(lan.join({source, {}, {}, {}}), Errc::invalid_parameter);
    CHECK_THROWS(lan.leave(Entry::any_source(group)), Errc::not_found);
    CHECK_THROWS(first.deregister(), Errc::can_not_complete);
    CHECK(mgm::owner_of({1}).protocol_id == 100 && mgm::owner_of({1}).component_id == 1);
    lan.release();
    CHECK(!lan);
    first.deregister();
    CHECK(!first);
}

void all_nine_callbacks() {
    const Host host;
    route({10, 0, 0, 0}, 24, 1, {10, 9, 9, 9});
    auto igmp = std::make_shared<Recorder>();
    auto wan = std::make_shared<Recorder>(), lan = std::make_shared<Recorder>();
    mgm::Registration igmp_is(igmp, MS_IP_IGMP, 1), wan_is(wan, 100, 1), lan_is(lan, 101, 1);
    mgm::OwnedInterface igmp2 = igmp_is.take({2}), wan1 = wan_is.take({1});
    mgm::OwnedInterface lan2 = lan_is.take({2}), lan3 = lan_is.take({3});
    CHECK_TOLD(*igmp, "disable_igmp 2", "enable_igmp 2");

    igmp2.join(Entry::any_source(group));
    CHECK_TOLD(*lan, "local_join (0.0.0.0/0.0.0.0, 239.1.1.1/255.255.255.255) on 2");
    CHECK_TOLD(*wan, "join (0.0.0.0/0.0.0.0, 239.1.1.1/255.255.255.255) membership");

    wan->on_rpf = [](mgm::RpfQuery &query) { query.upstream = {10, 0, 0, 254}; };
    packet(1, source, group);
    CHECK_TOLD(*wan, "rpf 10.0.0.1 239.1.1.1 in 1 upstream 10.9.9.9 header 20 prefix 24");
    CHECK_TOLD(*lan, "creation 10.0.0.1 239.1.1.1 in 1 out 2i");
    CHECK(mgm::mfe(source, group).get().upstream() == Address(10, 0, 0, 254));

    packet(3, source, group);
    CHECK_TOLD(*lan, "wrong_interface 10.0.0.1 239.1.1.1 on 3 header 20");

    igmp2.leave(Entry::any_source(group));
    CHECK_TOLD(*lan, "local_leave (0.0.0.0/0.0.0.0, 239.1.1.1/255.255.255.255) on 2");
    CHECK_TOLD(*wan, "prune (0.0.0.0/0.0.0.0, 239.1.1.1/255.255.255.255) last 2 membership",
               "prune (10.0.0.1/255.255.255.255, 239.1.1.1/255.255.255.255) last 2 mfe");
    CHECK_TOLD(*igmp);
}

void answers_count() {
    const Host host;
    route({10, 0, 0, 0}, 24, 1);
    auto wan = std::make_shared<Recorder>(), lan = std::make_shared<Recorder>();
    mgm::Registration wan_is(wan, 100, 1), lan_is(lan, 101, 1);
    mgm::OwnedInterface wan1 = wan_is.take({1}), wan4 = wan_is.take({4});
    mgm::OwnedInterface lan2 = lan_is.take({2}), lan3 = lan_is.take({3});
    for (mgm::OwnedInterface *each : {&lan2, &lan3})
        each->join(Entry::any_source(group));
    wan->on_rpf = [](mgm::RpfQuery &query) { query.incoming = {4}; };
    lan->on_creation = [](const mgm::CreationAlert &alert) { alert.outgoing[0].bIsEnabled = FALSE; };
    wan->on_prune = [](mgm::PruneAlert &alert) { alert.timeout = 60; };
    packet(4, source, group);
    auto found = mgm::mfe(source, group);
    CHECK(found->dwInIfIndex == 4);
    CHECK(found.oifs().size() == 1 && found.oifs()[0].dwOutIfIndex == 3);
    lan3.leave(Entry::any_source(group), mgm::State::forward);
    CHECK(mgm::mfe(source, group)->ulTimeOut == 60);
    lan3.join(Entry::any_source(group), mgm::State::forward);
    CHECK(mgm::mfe(source, group).oifs().size() == 1);

    wan_is.set_upstream(source, group, {10, 0, 0, 7});
    CHECK(mgm::mfe(source, group).get().upstream() == Address(10, 0, 0, 7));
    CHECK_THROWS(wan_is.set_upstream(group, source, {}), Errc::not_found);
}

void exceptions_stay_inside() {
    const Host host;
    route({10, 0, 0, 0}, 24, 1);
    auto igmp = std::make_shared<Recorder>();
    auto wan = std::make_shared<Recorder>(), lan = std::make_shared<Recorder>();
    mgm::Registration igmp_is(igmp, MS_IP_IGMP, 1), wan_is(wan, 100, 1), lan_is(lan, 101, 1);
    for (const auto &each : {igmp, wan, lan}) {
        each->on_alert = [] { throw std::runtime_error("alert"); };
        each->on_join = [] { throw 42; };
        each->on_rpf = [](mgm::RpfQuery &query) {
            query.incoming = {4};
            query.upstream = {10, 0, 0, 254};
            throw std::runtime_error("rpf");
        };
        each->on_creation = [](const mgm::CreationAlert &alert) {
            alert.outgoing[0].bIsEnabled = FALSE;
            throw std::runtime_error("creation");
        };
        each->on_prune = [](mgm::PruneAlert &alert) {
            alert.timeout = 60;
            throw std::runtime_error("prune");
        };
    }
    mgm::OwnedInterface igmp2 = igmp_is.take({2}), wan1 = wan_is.take({1}), wan4 = wan_is.take({4});
    mgm::OwnedInterface lan2 = lan_is.take({2}), lan3 = lan_is.take({3});
    CHECK_TOLD(*igmp, "disable_igmp 2", "exception disable_igmp: alert", "enable_igmp 2",
               "exception enable_igmp: alert");
    igmp2.join(Entry::any_source(group));
    CHECK(lan->told().back() == "exception local_join: alert");
    CHECK(wan->told().back() == "exception join: 42");
    packet(1, source, group);
    CHECK(wan->told().back() == "exception rpf: rpf");
    CHECK(lan->told().back() == "exception creation: creation");
    // As if nobody had answered.
    auto found = mgm::mfe(source, group);
    CHECK(found->dwInIfIndex == 1 && found.get().upstream() == Address());
    CHECK(found.oifs().size() == 1 && found.oifs()[0].dwOutIfIndex == 2);
    packet(3, source, group);
    CHECK(lan->told().back() == "exception wrong_interface: alert");
    igmp2.leave(Entry::any_source(group));
    CHECK(lan->told().back() == "exception local_leave: alert");
    CHECK(wan->told().back() == "exception prune: prune");
    CHECK(mgm::mfe(source, group)->ulTimeOut == 900);
}

void groups() {
    const Host host;
    auto recorder = std::make_shared<Recorder>();
    mgm::Registration protocol(recorder, 100, 1);
    mgm::OwnedInterface lan = protocol.take({1}), lan2 = protocol.take({2});
    std::set<Address> expected, found;
    const auto nth = [](unsigned i) { return Address::from_host(0xEF000000 + i); };
    for (unsigned i = 1; i <= 2500; ++i) {
        lan.join(Entry::any_source(nth(i)));
        expected.insert(nth(i));
    }
    lan2.join(Entry::of(source, nth(1)));
    unsigned entries = 0;
    for (const SOURCE_GROUP_ENTRY &entry : protocol.groups()) {
        ++entries;
        found.insert(mgm::entry_of(entry).group);
    }
    CHECK(entries == 2501 && found == expected);

    // Piece by piece, the handle moved on the way.
    std::array<SOURCE_GROUP_ENTRY, 999> buffer;
    mgm::GroupEnumeration enumeration = protocol.groups(ANY_SOURCE);
    std::vector<std::size_t> sizes;
    for (auto part = enumeration.next(buffer); !part.empty();) {
        CHECK(part.data() == buffer.data());
        sizes.push_back(part.size());
        mgm::GroupEnumeration moved = std::move(enumeration);
        CHECK(!enumeration);
        part = moved.next(buffer);
        enumeration = std::move(moved);
    }
    CHECK(sizes == (std::vector<std::size_t>{999, 999, 502}));
    CHECK(enumeration.next(buffer).empty());
    mgm::GroupEnumeration small = protocol.groups();
    CHECK_THROWS(small.next({}), Errc::insufficient_buffer);

    // Half of it, moved, the rest: nothing is lost.
    mgm::GroupEnumeration half = protocol.groups(ANY_SOURCE);
    found.clear();
    for (const SOURCE_GROUP_ENTRY &entry : half) {
        found.insert(mgm::entry_of(entry).group);
        if (found.size() == 1250)
            break;
    }
    mgm::GroupEnumeration rest = std::move(half);
    for (const SOURCE_GROUP_ENTRY &entry : rest)
        found.insert(mgm::entry_of(entry).group);
    CHECK(found == expected);

    bool range = false;
    lan.join(Entry::group_range({239, 64, 0, 0}, 16));
    for (const SOURCE_GROUP_ENTRY &entry : protocol.groups())
        range = range || mgm::entry_of(entry) == Entry{{}, {}, {239, 64, 0, 0}, {255, 255, 0, 0}};
    CHECK(range);
}

template <typename Record> void read_mfes(std::size_t oifs) {
    std::vector<Address> found;
    for (const mgm::Mfe<Record> mfe : mgm::mfes<Record>()) {
        found.push_back(mfe.group());
        CHECK(mfe.source() == source);
        CHECK(mfe->dwInIfIndex == 1);
        CHECK(mfe.oifs().size() == oifs);
        for (std::size_t i = 0; i < mfe.oifs().size(); ++i)
            CHECK(mfe.oifs()[i].dwOutIfIndex == 10 + i);
    }
    CHECK(found.size() == 300);
    CHECK(std::is_sorted(found.begin(), found.end()));

    // In pieces: too small a buffer, then one for two at a time.
    mgm::MfeEnumeration<Record> enumeration;
    std::error_code error;
    CHECK(enumeration.next({}, error).empty());
    CHECK(error == Errc::insufficient_buffer);
    std::vector<DWORD> buffer(enumeration.needed() / sizeof(DWORD) * 2);
    std::size_t count = 0, calls = 0;
    for (auto batch = enumeration.next(buffer); !batch.empty(); batch = enumeration.next(buffer), ++calls)
        for (const mgm::Mfe<Record> mfe : batch)
            CHECK(mfe.group() == found[count++]);
    CHECK(count == 300 && calls == 150);
}

void forwarding_entries() {
    const Host host;
    route({10, 0, 0, 0}, 24, 1);
    CHECK(mgm::mfes().begin() == std::default_sentinel);
    mgm::Registration protocol(std::make_shared<Recorder>(), 100, 1);
    mgm::OwnedInterface wan = protocol.take({1});
    std::vector<mgm::OwnedInterface> lans;
    for (DWORD i = 0; i < 5; ++i)
        lans.push_back(protocol.take({10 + i}));
    for (unsigned i = 300; i-- > 0;) {
        const Address each = Address::from_host(0xEF000100 + i);
        for (mgm::OwnedInterface &lan : lans)
            lan.join(Entry::any_source(each));
        packet(1, source, each);
    }
    read_mfes<MIB_IPMCAST_MFE>(5);
    read_mfes<MIB_IPMCAST_MFE_STATS>(5);
    read_mfes<MIB_IPMCAST_MFE_STATS_EX>(5);
    const Address one = Address::from_host(0xEF000100);
    CHECK(mgm::mfe(source, one).oifs().size() == 5);
    CHECK(mgm::mfe<MIB_IPMCAST_MFE_STATS>(source, one)->ulInPkts == 1);
    CHECK(mgm::mfe<MIB_IPMCAST_MFE_STATS_EX>(source, one)->ulTotalOutPackets == 5);
    CHECK(mgm::mfe<MIB_IPMCAST_MFE_STATS>(source, one).oifs()[4].ulOutPackets == 1);
    CHECK_THROWS(mgm::mfe(source, group), Errc::not_found);
    // Releases in any order.
    lans.erase(lans.begin() + 2);
    CHECK(mgm::mfe(source, one).oifs().size() == 4);
}

void moved_from_handles() {
    const Host host;
    auto recorder = std::make_shared<Recorder>();
    mgm::Registration first(recorder, 100, 1);
    mgm::Registration second = std::move(first);
    CHECK(!first && second);
    CHECK_THROWS(auto none = first.take({1}), Errc::invalid_parameter);
    CHECK_THROWS(static_cast<void>(first.groups()), Errc::invalid_parameter);
    CHECK_THROWS(first.set_upstream(source, group, {}), Errc::invalid_parameter);
    CHECK_THROWS(first.deregister(), Errc::invalid_parameter);

    mgm::OwnedInterface lan = second.take({1});
    mgm::OwnedInterface moved = std::move(lan);
    CHECK(!lan && moved && moved.key() == InterfaceKey{1});
    CHECK_THROWS(lan.join(Entry::any_source(group)), Errc::invalid_parameter);
    CHECK_THROWS(lan.leave(Entry::any_source(group)), Errc::invalid_parameter);
    CHECK_THROWS(lan.release(), Errc::invalid_parameter);
    moved.join(Entry::any_source(group));
    // Assigning releases what was held before.
    moved = second.take({2});
    std::error_code error;
    mgm::owner_of({1}, error);
    CHECK(error == Errc::not_found);
    CHECK(mgm::owner_of({2}).protocol_id == 100);
    mgm::OwnedInterface &itself = moved;
    moved = std::move(itself);
    CHECK(mgm::owner_of({2}).protocol_id == 100);

    mgm::GroupEnumeration groups = second.groups();
    mgm::GroupEnumeration other = std::move(groups);
    SOURCE_GROUP_ENTRY entry[1];
    CHECK_THROWS(groups.next(entry), Errc::invalid_parameter);
    CHECK(other.next(entry).empty());
    mgm::GroupEnumeration none;
    CHECK_THROWS(none.next(entry), Errc::invalid_parameter);
}

void destroyed_in_any_order() {
    const Host host;
    std::weak_ptr<Recorder> life;
    {
        mgm::OwnedInterface outlives;
        mgm::GroupEnumeration enumeration;
        {
            auto recorder = std::make_shared<Recorder>();
            life = recorder;
            mgm::Registration protocol(std::move(recorder), 100, 1);
            outlives = protocol.take({1});
            enumeration = protocol.groups();
        }
        // Still registered: the interface is held.
        CHECK(!life.expired());
        CHECK(mgm::owner_of({1}).protocol_id == 100);
        outlives.join(Entry::any_source(group));
        outlives.release();
        CHECK(enumeration);
        CHECK(!life.expired());
        enumeration = {};
        CHECK(life.expired());
    }
    // The place is free again: more come and go than there are places.
    for (unsigned i = 0; i < 3 * MGM_HPP_PROTOCOLS; ++i)
        mgm::Registration(std::make_shared<Recorder>(), 100, 1);
    // The enumeration of an ended registration is over.
    mgm::Registration protocol(std::make_shared<Recorder>(), 100, 1);
    mgm::GroupEnumeration enumeration = protocol.groups();
    protocol.deregister();
    SOURCE_GROUP_ENTRY entry[1];
    CHECK_THROWS(enumeration.next(entry), Errc::invalid_parameter);
}

void each_protocol_hears_its_own() {
    const Host host;
    std::vector<std::shared_ptr<Recorder>> recorders;
    std::vector<mgm::Registration> protocols;
    std::vector<mgm::OwnedInterface> interfaces;
    for (DWORD i = 0; i < MGM_HPP_PROTOCOLS; ++i) {
        recorders.push_back(std::make_shared<Recorder>());
        protocols.emplace_back(recorders.back(), 100 + i, 1);
        interfaces.push_back(protocols.back().take({1 + i}));
    }
    CHECK_THROWS(mgm::Registration(std::make_shared<Recorder>(), 99, 1), Errc::too_many_protocols);
    for (DWORD i = 0; i < MGM_HPP_PROTOCOLS; ++i) {
        const Address from = Address::from_host(0x0A000001 + (i << 8));
        route(Address::from_host(0x0A000000 + (i << 8)), 24, 1 + i);
        packet(1 + i, from, group);
        const Lines own{"rpf " + from.text() + " 239.1.1.1 in " + std::to_string(1 + i) +
                            " upstream 0.0.0.0 header 20 prefix 24",
                        "prune (" + from.text() + "/255.255.255.255, 239.1.1.1/255.255.255.255) last 0 mfe"};
        for (DWORD j = 0; j < MGM_HPP_PROTOCOLS; ++j)
            check_lines(recorders[j]->told(), i == j ? own : Lines(), __LINE__);
    }
    // One goes: its place can be taken.
    interfaces[5].release();
    protocols[5].deregister();
    mgm::Registration again(recorders[5], 99, 1);
    CHECK(again);
}

void igmp_without_restart_keeps_memberships() {
    const Host host;
    auto igmp = std::make_shared<Recorder>(), owner = std::make_shared<Recorder>();
    igmp->restarts = false;
    mgm::Registration igmp_is(igmp, MS_IP_IGMP, 1), owner_is(owner, 100, 1);
    mgm::OwnedInterface igmp1 = igmp_is.take({1});
    igmp1.join(Entry::any_source(group));
    owner->told();
    mgm::OwnedInterface lan = owner_is.take({1});
    CHECK_TOLD(*igmp);
    CHECK_TOLD(*owner, "local_join (0.0.0.0/0.0.0.0, 239.1.1.1/255.255.255.255) on 1");
}

void ends_inside_its_own_callback() {
    const Host host;
    struct Ends : mgm::Protocol {
        void join(const Entry &, Cause) override {
            mine = {};
            after = alive.use_count(); // the object is still there
        }
        ~Ends() override { *ended = true; }
        mgm::Registration mine;
        std::weak_ptr<Ends> alive;
        bool *ended = nullptr;
        long after = 0;
    };
    bool ended = false;
    mgm::Registration other(std::make_shared<Recorder>(), 100, 1);
    mgm::OwnedInterface lan = other.take({1});
    {
        auto ends = std::make_shared<Ends>();
        ends->ended = &ended;
        ends->alive = ends;
        ends->mine = mgm::Registration(ends, 101, 1);
    }
    CHECK(!ended);
    lan.join(Entry::any_source(group));
    CHECK(ended);
    // A late callback might still come there: the place is not given to another.
    std::vector<mgm::Registration> rest;
    std::error_code error;
    for (DWORD i = 0; !error && i <= MGM_HPP_PROTOCOLS; ++i)
        rest.emplace_back(std::make_shared<Recorder>(), 200 + i, 1, error);
    CHECK(error == Errc::too_many_protocols);
    CHECK(rest.size() - 1 == MGM_HPP_PROTOCOLS - 2);
}

void threads_at_the_same_time() {
    const Host host;
    mgm::Registration receiver(std::make_shared<Recorder>(), 100, 1);
    std::vector<std::thread> threads;
    std::atomic<int> errors = 0;
    for (DWORD t = 0; t < 4; ++t)
        threads.emplace_back([t, &errors] {
            for (DWORD i = 0; i < 200; ++i) {
                std::error_code error;
                mgm::Registration mine(std::make_shared<mgm::Protocol>(), 200 + t, 1, error);
                mgm::OwnedInterface lan = mine.take({10 + t}, error);
                lan.join(Entry::any_source(Address::from_host(0xEF000100 + i)), mgm::State::join, error);
                errors += static_cast<bool>(error);
            }
        });
    for (std::thread &thread : threads)
        thread.join();
    CHECK(errors == 0);
}

const std::pair<const char *, void (*)()> tests[] = {
#define TEST(name) {#name, name}
    TEST(addresses),
    TEST(errors),
    TEST(all_nine_callbacks),
    TEST(answers_count),
    TEST(exceptions_stay_inside),
    TEST(groups),
    TEST(forwarding_entries),
    TEST(moved_from_handles),
    TEST(destroyed_in_any_order),
    TEST(each_protocol_hears_its_own),
    TEST(igmp_without_restart_keeps_memberships),
    TEST(threads_at_the_same_time),
    // Last: one place is gone afterwards.
    TEST(ends_inside_its_own_callback),
};

} // namespace

int main(int argc, char **argv) {
    const std::set<std::string> wanted(argv + 1, argv + argc);
    int passed = 0, failed = 0;
    for (const auto &[name, run] : tests) {
        if (!wanted.empty() && !wanted.contains(name))
            continue;
        const int before = failures;
        try {
            run();
        } catch (const std::exception &error) {
            std::cout << "  exception: " << error.what() << std::endl;
            ++failures;
        }
        (failures == before ? passed : failed)++;
        if (failures != before)
            std::cout << "FAILED " << name << std::endl;
    }
    std::cout << passed << " passed, " << failed << " failed" << std::endl;
    return failed == 0 && passed > 0 ? 0 : 1;
}
