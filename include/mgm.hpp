/*
 * mgm.hpp: the multicast group manager for C++20. Header only, over mgm.h; link -lrtm.
 *
 *     struct Static : mgm::Protocol {
 *         void join(const mgm::Entry &entry, mgm::Cause) override { ... }
 *     };
 *     mgm::Registration protocol(std::make_shared<Static>(), MS_IP_BGMP, 1);
 *     mgm::OwnedInterface lan = protocol.take({if_nametoindex("eth1")});
 *     lan.join(mgm::Entry::any_source({239, 1, 1, 1}));
 *     for (const auto &mfe : mgm::mfes())
 *         std::cout << mgm::group_of(*mfe).text() << '\n';
 *
 * What mgm.h says of each function, callback, thread and error holds here. In addition:
 *
 * - Addresses are mgm::Address, whose byte order cannot be mistaken. The members of the C
 *   structures that enumerations hand out stay as mgm.h has them: network byte order,
 *   Address::from_network reads them.
 * - Each call has two forms: with a std::error_code as its last argument it does not throw,
 *   without it throws std::system_error. The category is mgm::category().
 * - Handles can be moved, not copied. All calls on one that is empty or was moved from give
 *   Errc::invalid_parameter. One object is used by one thread at a time, as with the
 *   standard library; different objects of one registration by different threads.
 * - A registration ends with the last object that came from it, so the order in which they
 *   are destroyed does not matter.
 * - No exception leaves a callback: what it throws goes to Protocol::exception, and the
 *   manager gets the answer it would get without the callback. See there.
 */
#ifndef MGM_HPP
#define MGM_HPP

#include "mgm.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <charconv>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <iterator>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

/** How many protocols a program may have registered by this header at the same time. The
 *  same in all of its source files. */
#ifndef MGM_HPP_PROTOCOLS
#define MGM_HPP_PROTOCOLS 32
#endif

namespace mgm {

/** What a call may fail with: the codes of mgm.h, and one of this header's own. */
enum class Errc : int {
    not_enough_memory = ERROR_NOT_ENOUGH_MEMORY,
    invalid_parameter = ERROR_INVALID_PARAMETER,
    insufficient_buffer = ERROR_INSUFFICIENT_BUFFER,
    already_exists = ERROR_ALREADY_EXISTS,
    can_not_complete = ERROR_CAN_NOT_COMPLETE,
    not_found = ERROR_NOT_FOUND,
    /** MGM_HPP_PROTOCOLS are registered, or were and ended inside a callback. */
    too_many_protocols = 0x20000001,
};

namespace detail {

class Category final : public std::error_category {
public:
    const char *name() const noexcept override { return "mgm"; }

    std::string message(int code) const override {
        switch (static_cast<Errc>(code)) {
        case Errc::not_enough_memory: return "ERROR_NOT_ENOUGH_MEMORY: memory ran out; nothing changed";
        case Errc::invalid_parameter: return "ERROR_INVALID_PARAMETER: a bad handle, or an argument out of its range";
        case Errc::insufficient_buffer: return "ERROR_INSUFFICIENT_BUFFER: not even one entry fits into the buffer";
        case Errc::already_exists: return "ERROR_ALREADY_EXISTS: what was to be made or taken is there already";
        case Errc::can_not_complete: return "ERROR_CAN_NOT_COMPLETE: the function cannot do that now; nothing changed";
        case Errc::not_found: return "ERROR_NOT_FOUND: there is no such thing";
        case Errc::too_many_protocols: return "too many protocols: see MGM_HPP_PROTOCOLS";
        }
        return "error " + std::to_string(code);
    }

    std::error_condition default_error_condition(int code) const noexcept override {
        switch (static_cast<Errc>(code)) {
        case Errc::not_enough_memory: return std::errc::not_enough_memory;
        case Errc::invalid_parameter: return std::errc::invalid_argument;
        case Errc::insufficient_buffer: return std::errc::no_buffer_space;
        default: return {code, *this};
        }
    }
};

inline constinit const Category the_category;

} // namespace detail

/** The category of all errors of this header, "mgm". */
inline const std::error_category &category() noexcept { return detail::the_category; }

inline std::error_code make_error_code(Errc code) noexcept { return {static_cast<int>(code), category()}; }

} // namespace mgm

template <> struct std::is_error_code_enum<mgm::Errc> : std::true_type {};

namespace mgm {

namespace detail {

inline void set(std::error_code &error, DWORD code) noexcept { error.assign(static_cast<int>(code), category()); }

/** Turns the form of a call that reports into the one that throws. */
template <typename Call> decltype(auto) throwing(const char *function, Call call) {
    std::error_code error;
    if constexpr (std::is_void_v<decltype(call(error))>) {
        call(error);
        if (error)
            throw std::system_error(error, function);
    } else {
        auto result = call(error);
        if (error)
            throw std::system_error(error, function);
        return result;
    }
}

} // namespace detail

/** An IPv4 address, or a mask. Ordered by its numeric value. */
class Address {
public:
    /** 0.0.0.0: any source, any group, no next hop. */
    constexpr Address() noexcept = default;

    /** As it is written: Address(239, 1, 1, 1). */
    constexpr Address(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) noexcept
        : octets_{a, b, c, d} {}

    /** From a number in network byte order, as in the structures of mgm.h and in_addr. */
    static constexpr Address from_network(DWORD number) noexcept {
        Address address;
        address.octets_ = std::bit_cast<std::array<std::uint8_t, 4>>(static_cast<std::uint32_t>(number));
        return address;
    }

    /** From a number in host byte order: 0xEF010101 is 239.1.1.1. */
    static constexpr Address from_host(std::uint32_t number) noexcept {
        return {static_cast<std::uint8_t>(number >> 24), static_cast<std::uint8_t>(number >> 16 & 0xFF),
                static_cast<std::uint8_t>(number >> 8 & 0xFF), static_cast<std::uint8_t>(number & 0xFF)};
    }

    /** The mask with this many leading ones, 0 to 32. */
    static constexpr Address mask(unsigned length) noexcept {
        return from_host(length == 0 ? 0 : length >= 32 ? ~std::uint32_t{0} : ~std::uint32_t{0} << (32 - length));
    }

    /** From text such as "239.1.1.1"; nothing if it is none. */
    static std::optional<Address> parse(std::string_view text) noexcept {
        Address address;
        const char *at = text.data(), *const end = at + text.size();
        for (std::size_t i = 0; i < 4; ++i) {
            if (i > 0 && (at == end || *at++ != '.'))
                return std::nullopt;
            const auto [next, error] = std::from_chars(at, end, address.octets_[i]);
            if (error != std::errc{} || (next - at > 1 && *at == '0'))
                return std::nullopt;
            at = next;
        }
        if (at != end)
            return std::nullopt;
        return address;
    }

    /** As a number in network byte order. */
    constexpr DWORD network() const noexcept { return static_cast<DWORD>(std::bit_cast<std::uint32_t>(octets_)); }

    /** As a number in host byte order. */
    constexpr std::uint32_t host() const noexcept {
        return std::uint32_t{octets_[0]} << 24 | std::uint32_t{octets_[1]} << 16 |
               std::uint32_t{octets_[2]} << 8 | std::uint32_t{octets_[3]};
    }

    /** As it is written. */
    std::string text() const {
        std::string result;
        for (const unsigned octet : octets_)
            result += (result.empty() ? "" : ".") + std::to_string(octet);
        return result;
    }

    friend constexpr auto operator<=>(const Address &, const Address &) noexcept = default;

private:
    std::array<std::uint8_t, 4> octets_{};
};

/** Names an interface. */
struct InterfaceKey {
    /** The interface index, not 0. */
    DWORD index = 0;
    /** The next hop on point-to-multipoint links, else 0.0.0.0. */
    Address next_hop{};

    friend constexpr auto operator<=>(const InterfaceKey &, const InterfaceKey &) noexcept = default;
};

/** What a membership is for: (S,G), (*,G), (*,*), or ranges. */
struct Entry {
    Address source{}, source_mask{}, group{}, group_mask{};

    /** (*,*): every group from every source. */
    static constexpr Entry all() noexcept { return {}; }

    /** (*,G): a group from every source. */
    static constexpr Entry any_source(Address group) noexcept { return {{}, {}, group, Address::mask(32)}; }

    /** (S,G): a group from one source. */
    static constexpr Entry of(Address source, Address group) noexcept {
        return {source, Address::mask(32), group, Address::mask(32)};
    }

    /** A range of groups from every source: group_range({239, 1, 0, 0}, 16). */
    static constexpr Entry group_range(Address group, unsigned length) noexcept {
        return {{}, {}, group, Address::mask(length)};
    }

    friend constexpr bool operator==(const Entry &, const Entry &) noexcept = default;
};

/** Which state a join or leave is about; see MGM_JOIN_STATE_FLAG. */
enum class State : DWORD {
    join = MGM_JOIN_STATE_FLAG,
    forward = MGM_FORWARD_STATE_FLAG,
    join_and_forward = MGM_JOIN_STATE_FLAG | MGM_FORWARD_STATE_FLAG,
};

/** What a JOIN or PRUNE alert is about. */
enum class Cause {
    /** The outgoing list of one MFE (bMemberUpdate, bMemberDelete FALSE). */
    mfe,
    /** A membership (TRUE). */
    membership,
};

/** The RPF callback's question, and its answer: what is left as it is, is as the route says. */
struct RpfQuery {
    const Address source, group;
    /** The interface that packets shall arrive on; index 0 without a route. */
    InterfaceKey incoming;
    /** The upstream neighbour; 0.0.0.0 when the source is on the link. */
    Address upstream;
    /** The packet's IPv4 header with its options; empty without a packet. */
    const std::span<const std::byte> header;
    /** The route towards the source; nullptr without one. */
    const RTM_DEST_INFO *const route;
};

/** An MFE about to be made, as the creation callback sees it. */
struct CreationAlert {
    const Address source, group;
    const InterfaceKey incoming;
    /** This protocol's outgoing interfaces: set bIsEnabled to FALSE to keep one out. */
    const std::span<MGM_IF_ENTRY> outgoing;
};

/** What the PRUNE callback tells. */
struct PruneAlert {
    const Entry entry;
    const InterfaceKey last;
    const Cause cause;
    /** With Cause::mfe: the lifetime in seconds of the now empty MFE, to be changed. */
    DWORD timeout;
};

/** What the WRONG_IF callback tells. */
struct WrongInterfaceAlert {
    const Address source, group;
    /** The interface the packet arrived on. */
    const InterfaceKey arrived;
    /** The packet's IPv4 header with its options. */
    const std::span<const std::byte> header;
};

/**
 * A multicast routing protocol, or IGMP: override the callbacks it wants. mgm.h says when
 * each is called and what may be done inside, under the name given here. References and
 * spans are good until the callback returns. Two callbacks may run at the same time on
 * different threads. The object lives at least until its last callback has returned.
 */
class Protocol {
public:
    Protocol() = default;
    Protocol(const Protocol &) = delete;
    Protocol &operator=(const Protocol &) = delete;
    virtual ~Protocol() = default;

    /** PMGM_RPF_CALLBACK. */
    virtual void rpf(RpfQuery &) {}
    /** PMGM_CREATION_ALERT_CALLBACK. */
    virtual void creation(const CreationAlert &) {}
    /** PMGM_PRUNE_ALERT_CALLBACK. */
    virtual void prune(PruneAlert &) {}
    /** PMGM_JOIN_ALERT_CALLBACK. */
    virtual void join(const Entry &, Cause) {}
    /** PMGM_WRONG_IF_CALLBACK. */
    virtual void wrong_interface(const WrongInterfaceAlert &) {}
    /** PMGM_LOCAL_JOIN_CALLBACK. */
    virtual void local_join(const Entry &, InterfaceKey) {}
    /** PMGM_LOCAL_LEAVE_CALLBACK. */
    virtual void local_leave(const Entry &, InterfaceKey) {}
    /** PMGM_DISABLE_IGMP_CALLBACK. */
    virtual void disable_igmp(InterfaceKey) {}
    /** PMGM_ENABLE_IGMP_CALLBACK. */
    virtual void enable_igmp(InterfaceKey) {}

    /**
     * Whether the DISABLE and ENABLE callbacks are there, asked once at registration. IGMP
     * without ENABLE keeps its memberships when a routing protocol takes or releases an
     * interface; with it they are removed, and added again after enable_igmp.
     */
    virtual bool restarts_igmp() const noexcept { return true; }

    /**
     * A callback has thrown. Its changes of RpfQuery, CreationAlert and PruneAlert do not
     * count: the interface is that of the route, no interface is kept out, the time-out is
     * the default. What it did by calls of the manager stays done. Prints a line to standard
     * error unless overridden.
     *
     * callback: the name of the member function.
     */
    virtual void exception(const char *callback, std::exception_ptr what) noexcept {
        try {
            std::rethrow_exception(std::move(what));
        } catch (const std::exception &error) {
            std::fprintf(stderr, "mgm: exception in the callback %s: %s\n", callback, error.what());
        } catch (...) {
            std::fprintf(stderr, "mgm: exception in the callback %s\n", callback);
        }
    }
};

namespace detail {

/**
 * The callbacks of mgm.h have no argument that says whose they are: each registration gets
 * a slot, and each slot has functions of its own.
 */
struct Slot {
    std::mutex mutex{};
    std::shared_ptr<Protocol> protocol{};
    bool taken = false;
};

using Slots = std::array<Slot, MGM_HPP_PROTOCOLS>;

/** Never destroyed: callbacks may run while the program ends. */
inline Slots &slots() noexcept {
    alignas(Slots) static std::byte room[sizeof(Slots)];
    static Slots *const all = new (room) Slots{};
    return *all;
}

/** How many callbacks this thread is inside of. */
inline thread_local unsigned inside = 0;

struct Inside {
    Inside() noexcept { ++inside; }
    ~Inside() { --inside; }
    Inside(const Inside &) = delete;
    Inside &operator=(const Inside &) = delete;
};

inline Entry entry(DWORD source, DWORD source_mask, DWORD group, DWORD group_mask) noexcept {
    return {Address::from_network(source), Address::from_network(source_mask), Address::from_network(group),
            Address::from_network(group_mask)};
}

inline InterfaceKey key(DWORD index, DWORD next_hop) noexcept { return {index, Address::from_network(next_hop)}; }

inline std::span<const std::byte> bytes(const BYTE *start, DWORD size) noexcept {
    return {reinterpret_cast<const std::byte *>(start), start == nullptr ? 0 : size};
}

/** Calls the slot's protocol; nobody, where it has just deregistered inside a callback. */
template <typename Body> void call(std::size_t slot, const char *callback, Body body) noexcept {
    const Inside marked;
    std::shared_ptr<Protocol> protocol;
    try {
        const std::lock_guard lock(slots()[slot].mutex);
        protocol = slots()[slot].protocol;
    } catch (...) {
        return;
    }
    if (!protocol)
        return;
    try {
        body(*protocol);
    } catch (...) {
        protocol->exception(callback, std::current_exception());
    }
}

template <std::size_t N> struct Trampolines {
    static DWORD MGM_CALL rpf(DWORD source, DWORD, DWORD group, DWORD, PDWORD index, PDWORD next_hop,
                              PDWORD upstream, DWORD size, PBYTE header, PBYTE route) noexcept {
        call(N, "rpf", [&](Protocol &protocol) {
            RpfQuery query{Address::from_network(source),
                           Address::from_network(group),
                           key(*index, *next_hop),
                           Address::from_network(*upstream),
                           bytes(header, size),
                           reinterpret_cast<const RTM_DEST_INFO *>(route)};
            protocol.rpf(query);
            *index = query.incoming.index;
            *next_hop = query.incoming.next_hop.network();
            *upstream = query.upstream.network();
        });
        return NO_ERROR;
    }

    static DWORD MGM_CALL creation(DWORD source, DWORD, DWORD group, DWORD, DWORD index, DWORD next_hop,
                                   DWORD count, PMGM_IF_ENTRY list) noexcept {
        call(N, "creation", [&](Protocol &protocol) {
            try {
                protocol.creation({Address::from_network(source), Address::from_network(group),
                                   key(index, next_hop), {list, count}});
            } catch (...) {
                for (MGM_IF_ENTRY &outgoing : std::span(list, count))
                    outgoing.bIsEnabled = TRUE;
                throw;
            }
        });
        return NO_ERROR;
    }

    static DWORD MGM_CALL prune(DWORD source, DWORD source_mask, DWORD group, DWORD group_mask, DWORD index,
                                DWORD next_hop, BOOL membership, PDWORD timeout) noexcept {
        call(N, "prune", [&](Protocol &protocol) {
            PruneAlert alert{entry(source, source_mask, group, group_mask), key(index, next_hop),
                             membership ? Cause::membership : Cause::mfe, *timeout};
            protocol.prune(alert);
            *timeout = alert.timeout;
        });
        return NO_ERROR;
    }

    static DWORD MGM_CALL join(DWORD source, DWORD source_mask, DWORD group, DWORD group_mask,
                               BOOL membership) noexcept {
        call(N, "join", [&](Protocol &protocol) {
            protocol.join(entry(source, source_mask, group, group_mask), membership ? Cause::membership : Cause::mfe);
        });
        return NO_ERROR;
    }

    static DWORD MGM_CALL wrong_interface(DWORD source, DWORD group, DWORD index, DWORD next_hop, DWORD size,
                                          PBYTE header) noexcept {
        call(N, "wrong_interface", [&](Protocol &protocol) {
            protocol.wrong_interface({Address::from_network(source), Address::from_network(group),
                                      key(index, next_hop), bytes(header, size)});
        });
        return NO_ERROR;
    }

    static DWORD MGM_CALL local_join(DWORD source, DWORD source_mask, DWORD group, DWORD group_mask, DWORD index,
                                     DWORD next_hop) noexcept {
        call(N, "local_join", [&](Protocol &protocol) {
            protocol.local_join(entry(source, source_mask, group, group_mask), key(index, next_hop));
        });
        return NO_ERROR;
    }

    static DWORD MGM_CALL local_leave(DWORD source, DWORD source_mask, DWORD group, DWORD group_mask,
                                      DWORD index, DWORD next_hop) noexcept {
        call(N, "local_leave", [&](Protocol &protocol) {
            protocol.local_leave(entry(source, source_mask, group, group_mask), key(index, next_hop));
        });
        return NO_ERROR;
    }

    static DWORD MGM_CALL disable_igmp(DWORD index, DWORD next_hop) noexcept {
        call(N, "disable_igmp", [&](Protocol &protocol) { protocol.disable_igmp(key(index, next_hop)); });
        return NO_ERROR;
    }

    static DWORD MGM_CALL enable_igmp(DWORD index, DWORD next_hop) noexcept {
        call(N, "enable_igmp", [&](Protocol &protocol) { protocol.enable_igmp(key(index, next_hop)); });
        return NO_ERROR;
    }

    static constexpr ROUTING_PROTOCOL_CONFIG config{0,          rpf,         creation,     prune,       join, wrong_interface,
                                                    local_join, local_leave, disable_igmp, enable_igmp};
};

template <std::size_t... N>
constexpr std::array<ROUTING_PROTOCOL_CONFIG, sizeof...(N)> all_configs(std::index_sequence<N...>) {
    return {Trampolines<N>::config...};
}

inline constexpr auto configs = all_configs(std::make_index_sequence<MGM_HPP_PROTOCOLS>());

/** A registration, held by every object that came from it. */
class Core {
public:
    Core() noexcept = default;
    Core(const Core &) = delete;
    Core &operator=(const Core &) = delete;

    ~Core() {
        std::error_code error;
        if (handle_ != nullptr && !ended_)
            end(error);
    }

    void begin(std::shared_ptr<Protocol> protocol, DWORD id, DWORD component, std::error_code &error) {
        ROUTING_PROTOCOL_CONFIG config{};
        const bool restarts = protocol->restarts_igmp();
        if (!take_slot(std::move(protocol))) {
            error = Errc::too_many_protocols;
            return;
        }
        config = configs[slot_];
        if (!restarts)
            config.pfnDisableIgmpCallback = config.pfnEnableIgmpCallback = nullptr;
        set(error, MgmRegisterMProtocol(&config, id, component, &handle_));
        if (error)
            leave_slot(true);
    }

    /** Where that fails, callbacks may still come: the slot stays. */
    void end(std::error_code &error) noexcept {
        set(error, MgmDeRegisterMProtocol(handle_));
        if (!error) {
            ended_ = true;
            // Inside a callback the manager does not wait for those on other threads. One
            // of them may be about to enter this slot: nobody else may have it then. (Callbacks
            // that were registered without this header do not count here: what is ended in
            // one might at worst have a last alert of its own told to the slot's successor.)
            leave_slot(inside == 0);
        }
    }

    HANDLE handle() const noexcept { return handle_; }

private:
    bool take_slot(std::shared_ptr<Protocol> protocol) {
        for (slot_ = 0; slot_ < slots().size(); ++slot_) {
            Slot &slot = slots()[slot_];
            const std::lock_guard lock(slot.mutex);
            if (!slot.taken) {
                slot.taken = true;
                slot.protocol = std::move(protocol);
                return true;
            }
        }
        return false;
    }

    void leave_slot(bool free) noexcept {
        // Destroyed when the lock is given up.
        std::shared_ptr<Protocol> protocol;
        const std::lock_guard lock(slots()[slot_].mutex);
        protocol.swap(slots()[slot_].protocol);
        slots()[slot_].taken = !free;
    }

    HANDLE handle_ = nullptr;
    std::size_t slot_ = 0;
    std::atomic<bool> ended_ = false;
};

inline HANDLE handle(const std::shared_ptr<Core> &core) noexcept { return core ? core->handle() : nullptr; }

} // namespace detail

class Registration;

/**
 * An interface that a protocol holds. Its destructor releases it. That is refused while a
 * DISABLE and ENABLE of IGMP is under way on it: the interface is then held, and the
 * protocol registered, as long as the program runs. release() tells.
 */
class OwnedInterface {
public:
    /** Holds none. */
    OwnedInterface() noexcept = default;
    OwnedInterface(OwnedInterface &&other) noexcept
        : core_(std::move(other.core_)), key_(std::exchange(other.key_, {})) {}
    OwnedInterface &operator=(OwnedInterface &&other) noexcept {
        // What this held is released at the end of the statement.
        OwnedInterface moved(std::move(other));
        std::swap(core_, moved.core_);
        std::swap(key_, moved.key_);
        return *this;
    }
    ~OwnedInterface() {
        std::error_code error;
        if (core_)
            release(error);
    }

    explicit operator bool() const noexcept { return core_ != nullptr; }
    InterfaceKey key() const noexcept { return key_; }

    /** MgmAddGroupMembershipEntry. */
    void join(const Entry &entry, State state, std::error_code &error) noexcept {
        detail::set(error, MgmAddGroupMembershipEntry(
                               detail::handle(core_), entry.source.network(), entry.source_mask.network(),
                               entry.group.network(), entry.group_mask.network(), key_.index,
                               key_.next_hop.network(), static_cast<DWORD>(state)));
    }
    void join(const Entry &entry, State state = State::join) {
        detail::throwing("MgmAddGroupMembershipEntry", [&](auto &error) { join(entry, state, error); });
    }

    /** MgmDeleteGroupMembershipEntry. */
    void leave(const Entry &entry, State state, std::error_code &error) noexcept {
        detail::set(error, MgmDeleteGroupMembershipEntry(
                               detail::handle(core_), entry.source.network(), entry.source_mask.network(),
                               entry.group.network(), entry.group_mask.network(), key_.index,
                               key_.next_hop.network(), static_cast<DWORD>(state)));
    }
    void leave(const Entry &entry, State state = State::join) {
        detail::throwing("MgmDeleteGroupMembershipEntry", [&](auto &error) { leave(entry, state, error); });
    }

    /** MgmReleaseInterfaceOwnership. The object holds none afterwards, unless it failed. */
    void release(std::error_code &error) noexcept {
        detail::set(error,
                    MgmReleaseInterfaceOwnership(detail::handle(core_), key_.index, key_.next_hop.network()));
        if (!error) {
            core_.reset();
            key_ = {};
        }
    }
    void release() {
        detail::throwing("MgmReleaseInterfaceOwnership", [&](auto &error) { release(error); });
    }

private:
    friend Registration;
    OwnedInterface(std::shared_ptr<detail::Core> core, InterfaceKey key) noexcept
        : core_(std::move(core)), key_(key) {}

    std::shared_ptr<detail::Core> core_{};
    InterfaceKey key_{};
};

/**
 * An enumeration of joined groups: read it in pieces with next(), or go through it with a
 * range-based for, which throws std::system_error where reading fails. Entries are in
 * network byte order; entry_of converts them.
 */
class GroupEnumeration {
public:
    GroupEnumeration() noexcept = default;
    GroupEnumeration(GroupEnumeration &&other) noexcept
        : core_(std::move(other.core_)), handle_(std::exchange(other.handle_, nullptr)),
          over_(std::exchange(other.over_, true)), buffer_(std::move(other.buffer_)),
          left_(std::exchange(other.left_, {})) {}
    GroupEnumeration &operator=(GroupEnumeration &&other) noexcept {
        GroupEnumeration moved(std::move(other));
        std::swap(core_, moved.core_);
        std::swap(handle_, moved.handle_);
        std::swap(over_, moved.over_);
        std::swap(buffer_, moved.buffer_);
        std::swap(left_, moved.left_);
        return *this;
    }
    ~GroupEnumeration() {
        if (handle_ != nullptr)
            MgmGroupEnumerationEnd(handle_);
    }

    explicit operator bool() const noexcept { return handle_ != nullptr; }

    /** MgmGroupEnumerationGetNext: the part of the buffer that was filled; empty at the end. */
    std::span<const SOURCE_GROUP_ENTRY> next(std::span<SOURCE_GROUP_ENTRY> buffer,
                                             std::error_code &error) noexcept {
        error.clear();
        if (over_ && handle_ != nullptr)
            return {};
        DWORD count = 0, size = static_cast<DWORD>((std::min<std::size_t>)(buffer.size_bytes(), 0x7FFFFFF0));
        const DWORD code =
            MgmGroupEnumerationGetNext(handle_, &size, reinterpret_cast<PBYTE>(buffer.data()), &count);
        over_ = code == ERROR_NO_MORE_ITEMS;
        if (!over_ && code != ERROR_MORE_DATA) {
            detail::set(error, code);
            return {};
        }
        return buffer.first(count);
    }
    std::span<const SOURCE_GROUP_ENTRY> next(std::span<SOURCE_GROUP_ENTRY> buffer) {
        return detail::throwing("MgmGroupEnumerationGetNext", [&](auto &error) { return next(buffer, error); });
    }

    class iterator {
    public:
        using value_type = SOURCE_GROUP_ENTRY;
        using difference_type = std::ptrdiff_t;
        using iterator_concept = std::input_iterator_tag;
        const SOURCE_GROUP_ENTRY &operator*() const noexcept { return of_->left_.front(); }
        const SOURCE_GROUP_ENTRY *operator->() const noexcept { return &of_->left_.front(); }
        iterator &operator++() {
            of_->left_ = of_->left_.subspan(1);
            of_->fill();
            return *this;
        }
        void operator++(int) { ++*this; }
        bool operator==(std::default_sentinel_t) const noexcept { return of_->left_.empty(); }

    private:
        friend GroupEnumeration;
        explicit iterator(GroupEnumeration *of) noexcept : of_(of) {}
        GroupEnumeration *of_;
    };

    /** Goes on where reading stopped: each entry is seen once. */
    iterator begin() {
        fill();
        return iterator(this);
    }
    std::default_sentinel_t end() const noexcept { return {}; }

private:
    friend Registration;
    static constexpr std::size_t at_a_time = 1024;

    void fill() {
        if (!left_.empty())
            return;
        buffer_.resize(at_a_time);
        left_ = next(buffer_);
    }

    std::shared_ptr<detail::Core> core_{};
    HANDLE handle_ = nullptr;
    bool over_ = false;
    std::vector<SOURCE_GROUP_ENTRY> buffer_{};
    std::span<const SOURCE_GROUP_ENTRY> left_{};
};

/**
 * A registered protocol. Deregistered when it is destroyed and no OwnedInterface of it is
 * left; callbacks come until then. Once that is done no callback of it is running or will
 * run, unless it was done inside a callback: one may then still be running on another
 * thread, and its place among the MGM_HPP_PROTOCOLS is not used again.
 */
class Registration {
public:
    /** Registers nothing. */
    Registration() noexcept = default;

    /** MgmRegisterMProtocol. A null protocol is Errc::invalid_parameter. */
    Registration(std::shared_ptr<Protocol> protocol, DWORD protocol_id, DWORD component_id) {
        detail::throwing("MgmRegisterMProtocol", [&](auto &error) {
            *this = Registration(std::move(protocol), protocol_id, component_id, error);
        });
    }

    /** The same; registers nothing where it fails. */
    Registration(std::shared_ptr<Protocol> protocol, DWORD protocol_id, DWORD component_id,
                 std::error_code &error) noexcept {
        error.clear();
        if (!protocol) {
            error = Errc::invalid_parameter;
            return;
        }
        try {
            auto core = std::make_shared<detail::Core>();
            core->begin(std::move(protocol), protocol_id, component_id, error);
            if (!error)
                core_ = std::move(core);
        } catch (const std::bad_alloc &) {
            error = Errc::not_enough_memory;
        } catch (...) {
            error = Errc::can_not_complete;
        }
    }

    Registration(Registration &&) noexcept = default;
    Registration &operator=(Registration &&) noexcept = default;

    explicit operator bool() const noexcept { return core_ != nullptr; }

    /** The handle, for the functions of mgm.h. */
    HANDLE handle() const noexcept { return detail::handle(core_); }

    /** MgmTakeInterfaceOwnership. */
    OwnedInterface take(InterfaceKey key, std::error_code &error) noexcept {
        detail::set(error, MgmTakeInterfaceOwnership(handle(), key.index, key.next_hop.network()));
        return error ? OwnedInterface() : OwnedInterface(core_, key);
    }
    [[nodiscard]] OwnedInterface take(InterfaceKey key) {
        return detail::throwing("MgmTakeInterfaceOwnership", [&](auto &error) { return take(key, error); });
    }

    /** MgmSetMfe: the upstream neighbour that the MFE shows. */
    void set_upstream(Address source, Address group, Address upstream, std::error_code &error) noexcept {
        MIB_IPMCAST_MFE mfe{};
        mfe.dwSource = source.network();
        mfe.dwGroup = group.network();
        mfe.dwUpStrmNgbr = upstream.network();
        detail::set(error, MgmSetMfe(handle(), &mfe));
    }
    void set_upstream(Address source, Address group, Address upstream) {
        detail::throwing("MgmSetMfe", [&](auto &error) { set_upstream(source, group, upstream, error); });
    }

    /** MgmGroupEnumerationStart: each group once (ANY_SOURCE), or each entry (ALL_SOURCES). */
    GroupEnumeration groups(MGM_ENUM_TYPES type, std::error_code &error) noexcept {
        GroupEnumeration result;
        detail::set(error, MgmGroupEnumerationStart(handle(), type, &result.handle_));
        if (!error)
            result.core_ = core_;
        return result;
    }
    [[nodiscard]] GroupEnumeration groups(MGM_ENUM_TYPES type = ALL_SOURCES) {
        return detail::throwing("MgmGroupEnumerationStart", [&](auto &error) { return groups(type, error); });
    }

    /**
     * MgmDeRegisterMProtocol, at once: fails with Errc::can_not_complete while an
     * OwnedInterface is left. The object is empty afterwards, unless it failed.
     */
    void deregister(std::error_code &error) noexcept {
        if (!core_) {
            error = Errc::invalid_parameter;
            return;
        }
        core_->end(error);
        if (!error)
            core_.reset();
    }
    void deregister() {
        detail::throwing("MgmDeRegisterMProtocol", [&](auto &error) { deregister(error); });
    }

private:
    std::shared_ptr<detail::Core> core_{};
};

/** Who owns an interface. */
struct Owner {
    DWORD protocol_id = 0, component_id = 0;
};

/** MgmGetProtocolOnInterface; Errc::not_found where nobody does. */
inline Owner owner_of(InterfaceKey key, std::error_code &error) noexcept {
    Owner owner;
    detail::set(error, MgmGetProtocolOnInterface(key.index, key.next_hop.network(), &owner.protocol_id,
                                                 &owner.component_id));
    return owner;
}
inline Owner owner_of(InterfaceKey key) {
    return detail::throwing("MgmGetProtocolOnInterface", [&](auto &error) { return owner_of(key, error); });
}

/** The entry of a group enumeration, with addresses. */
inline Entry entry_of(const SOURCE_GROUP_ENTRY &entry) noexcept {
    return detail::entry(entry.dwSourceAddr, entry.dwSourceMask, entry.dwGroupAddr, entry.dwGroupMask);
}

namespace detail {

/** Which functions read which structure. */
template <typename Record> struct Reader;

template <> struct Reader<MIB_IPMCAST_MFE> {
    using Oif = MIB_IPMCAST_OIF;
    static constexpr std::size_t base = offsetof(MIB_IPMCAST_MFE, rgmioOutInfo);
    static DWORD get(PMIB_IPMCAST_MFE key, PDWORD size, PBYTE to) noexcept { return MgmGetMfe(key, size, to); }
    static DWORD first(PDWORD size, PBYTE to, PDWORD count) noexcept { return MgmGetFirstMfe(size, to, count); }
    static DWORD next(PMIB_IPMCAST_MFE after, PDWORD size, PBYTE to, PDWORD count) noexcept {
        return MgmGetNextMfe(after, size, to, count);
    }
};

template <DWORD Flags> struct StatisticsReader {
    using Oif = MIB_IPMCAST_OIF_STATS;
    static DWORD get(PMIB_IPMCAST_MFE key, PDWORD size, PBYTE to) noexcept {
        return MgmGetMfeStats(key, size, to, Flags);
    }
    static DWORD first(PDWORD size, PBYTE to, PDWORD count) noexcept {
        return MgmGetFirstMfeStats(size, to, count, Flags);
    }
    static DWORD next(PMIB_IPMCAST_MFE after, PDWORD size, PBYTE to, PDWORD count) noexcept {
        return MgmGetNextMfeStats(after, size, to, count, Flags);
    }
};

template <> struct Reader<MIB_IPMCAST_MFE_STATS> : StatisticsReader<MGM_MFE_STATS_0> {
    static constexpr std::size_t base = offsetof(MIB_IPMCAST_MFE_STATS, rgmiosOutStats);
};

template <> struct Reader<MIB_IPMCAST_MFE_STATS_EX> : StatisticsReader<MGM_MFE_STATS_1> {
    static constexpr std::size_t base = offsetof(MIB_IPMCAST_MFE_STATS_EX, rgmiosOutStats);
};

} // namespace detail

/**
 * An MFE in a buffer, which has to stay. Record is MIB_IPMCAST_MFE, MIB_IPMCAST_MFE_STATS
 * or MIB_IPMCAST_MFE_STATS_EX; its outgoing interfaces are read with oifs() alone.
 */
template <typename Record> class Mfe {
public:
    using Oif = typename detail::Reader<Record>::Oif;

    explicit Mfe(const DWORD *at) noexcept : at_(at) {}
    const Record &operator*() const noexcept { return *reinterpret_cast<const Record *>(at_); }
    const Record *operator->() const noexcept { return &**this; }
    Address source() const noexcept { return Address::from_network((*this)->dwSource); }
    Address group() const noexcept { return Address::from_network((*this)->dwGroup); }
    Address upstream() const noexcept { return Address::from_network((*this)->dwUpStrmNgbr); }

    std::span<const Oif> oifs() const noexcept {
        const auto *first = reinterpret_cast<const std::byte *>(at_) + detail::Reader<Record>::base;
        return {reinterpret_cast<const Oif *>(first), (*this)->ulNumOutIf};
    }

    /** How long it is in the buffer, in bytes. */
    std::size_t size_bytes() const noexcept { return detail::Reader<Record>::base + oifs().size_bytes(); }

private:
    const DWORD *at_;
};

/** The MFEs that one call put into a buffer, which has to stay. A forward range. */
template <typename Record> class MfeBatch {
public:
    MfeBatch() noexcept = default;
    MfeBatch(const DWORD *first, std::size_t count) noexcept : first_(first), count_(count) {}

    class iterator {
    public:
        using value_type = Mfe<Record>;
        using difference_type = std::ptrdiff_t;
        using iterator_concept = std::forward_iterator_tag;
        iterator() noexcept = default;
        value_type operator*() const noexcept { return value_type(at_); }
        iterator &operator++() noexcept {
            at_ += value_type(at_).size_bytes() / sizeof(DWORD);
            --left_;
            return *this;
        }
        iterator operator++(int) noexcept {
            iterator old = *this;
            ++*this;
            return old;
        }
        friend bool operator==(const iterator &a, const iterator &b) noexcept { return a.left_ == b.left_; }

    private:
        friend MfeBatch;
        iterator(const DWORD *at, std::size_t left) noexcept : at_(at), left_(left) {}
        const DWORD *at_ = nullptr;
        std::size_t left_ = 0;
    };

    iterator begin() const noexcept { return {first_, count_}; }
    iterator end() const noexcept { return {nullptr, 0}; }
    std::size_t size() const noexcept { return count_; }
    bool empty() const noexcept { return count_ == 0; }

private:
    const DWORD *first_ = nullptr;
    std::size_t count_ = 0;
};

/**
 * Reads all MFEs, ascending by group and source: in pieces with next(), or with a
 * range-based for, which throws std::system_error where reading fails and std::bad_alloc.
 * Needs no registration.
 */
template <typename Record = MIB_IPMCAST_MFE> class MfeEnumeration {
public:
    MfeEnumeration() = default;
    // Iterators point to it.
    MfeEnumeration(const MfeEnumeration &) = delete;
    MfeEnumeration &operator=(const MfeEnumeration &) = delete;

    /**
     * As many of those that follow as fit into the buffer; none at the end.
     * Errc::insufficient_buffer: not one fits, needed() says for how many bytes it does.
     */
    MfeBatch<Record> next(std::span<DWORD> buffer, std::error_code &error) noexcept {
        error.clear();
        if (over_)
            return {};
        DWORD count = 0, size = static_cast<DWORD>((std::min<std::size_t>)(buffer.size_bytes(), 0x7FFFFFF0));
        auto *const to = reinterpret_cast<PBYTE>(buffer.data());
        const DWORD code = begun_ ? detail::Reader<Record>::next(&last_, &size, to, &count)
                                  : detail::Reader<Record>::first(&size, to, &count);
        if (code == ERROR_INSUFFICIENT_BUFFER)
            needed_ = size;
        if (code != ERROR_MORE_DATA && code != ERROR_NO_MORE_ITEMS) {
            detail::set(error, code);
            return {};
        }
        over_ = code == ERROR_NO_MORE_ITEMS;
        const MfeBatch<Record> batch(buffer.data(), count);
        for (const Mfe<Record> mfe : batch) {
            last_.dwGroup = mfe->dwGroup;
            last_.dwSource = mfe->dwSource;
            begun_ = true;
        }
        return batch;
    }
    MfeBatch<Record> next(std::span<DWORD> buffer) {
        return detail::throwing("MgmGetFirstMfe, MgmGetNextMfe", [&](auto &error) { return next(buffer, error); });
    }

    /** The bytes that Errc::insufficient_buffer asked for. */
    std::size_t needed() const noexcept { return needed_; }

    class iterator {
    public:
        using value_type = Mfe<Record>;
        using difference_type = std::ptrdiff_t;
        using iterator_concept = std::input_iterator_tag;
        value_type operator*() const noexcept { return *of_->at_; }
        iterator &operator++() {
            if (++of_->at_ == of_->batch_.end())
                of_->fill();
            return *this;
        }
        void operator++(int) { ++*this; }
        bool operator==(std::default_sentinel_t) const noexcept { return of_->at_ == of_->batch_.end(); }

    private:
        friend MfeEnumeration;
        explicit iterator(MfeEnumeration *of) noexcept : of_(of) {}
        MfeEnumeration *of_;
    };

    iterator begin() {
        if (at_ == batch_.end())
            fill();
        return iterator(this);
    }
    std::default_sentinel_t end() const noexcept { return {}; }

private:
    void fill() {
        std::error_code error;
        buffer_.resize((std::max)(buffer_.size(), std::size_t{16384}));
        batch_ = next(buffer_, error);
        while (error == Errc::insufficient_buffer) {
            buffer_.resize(needed_ / sizeof(DWORD) + 1);
            batch_ = next(buffer_, error);
        }
        if (error)
            throw std::system_error(error, "MgmGetFirstMfe, MgmGetNextMfe");
        at_ = batch_.begin();
    }

    MIB_IPMCAST_MFE last_{};
    bool begun_ = false, over_ = false;
    std::size_t needed_ = 0;
    std::vector<DWORD> buffer_{};
    MfeBatch<Record> batch_{};
    typename MfeBatch<Record>::iterator at_{};
};

/** All MFEs: for (const auto mfe : mgm::mfes()), or mgm::mfes<MIB_IPMCAST_MFE_STATS>(). */
template <typename Record = MIB_IPMCAST_MFE> MfeEnumeration<Record> mfes() { return {}; }

/** One MFE with the buffer it lies in. */
template <typename Record> class OwnedMfe {
public:
    Mfe<Record> get() const noexcept { return Mfe<Record>(buffer_.data()); }
    const Record *operator->() const noexcept { return &*get(); }
    const Record &operator*() const noexcept { return *get(); }
    std::span<const typename Mfe<Record>::Oif> oifs() const noexcept { return get().oifs(); }

    /** Fills it; see mgm::mfe. */
    void read(Address source, Address group, std::error_code &error) {
        MIB_IPMCAST_MFE key{};
        key.dwSource = source.network();
        key.dwGroup = group.network();
        // Never smaller than the structure with its one interface.
        DWORD size = sizeof(Record);
        DWORD code = ERROR_INSUFFICIENT_BUFFER;
        while (code == ERROR_INSUFFICIENT_BUFFER) {
            buffer_.resize((std::max<std::size_t>)(size, sizeof(Record)) / sizeof(DWORD));
            size = static_cast<DWORD>(buffer_.size() * sizeof(DWORD));
            code = detail::Reader<Record>::get(&key, &size, reinterpret_cast<PBYTE>(buffer_.data()));
        }
        detail::set(error, code);
    }

private:
    std::vector<DWORD> buffer_ = std::vector<DWORD>(sizeof(Record) / sizeof(DWORD));
};

/** MgmGetMfe, MgmGetMfeStats: Errc::not_found where there is none. Throws std::bad_alloc. */
template <typename Record = MIB_IPMCAST_MFE>
OwnedMfe<Record> mfe(Address source, Address group, std::error_code &error) {
    OwnedMfe<Record> result;
    result.read(source, group, error);
    return result;
}
template <typename Record = MIB_IPMCAST_MFE> OwnedMfe<Record> mfe(Address source, Address group) {
    return detail::throwing("MgmGetMfe, MgmGetMfeStats",
                            [&](auto &error) { return mfe<Record>(source, group, error); });
}

} // namespace mgm

#endif
