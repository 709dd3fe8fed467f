//! Sequences that once showed a difference, the shortest there are. Each must still
//! reach what it is about.

use crate::{
    ops::Op::{self, Add, Advance, Answer, Delete, Deregister, Expire, Packet, Register, Release, Route, SetMfe, Take},
    run,
};

/// Numbers of interfaces: their indexes.
const ON_1: u8 = 0;
const ON_2: u8 = 1;
const ON_3: u8 = 2;
/// Routes to these interfaces, without a gateway, and none.
const VIA_1: u8 = 0;
const VIA_2: u8 = 1;
const NO_ROUTE: u8 = 6;
/// Through 1 and a gateway that nobody took.
const VIA_1_GATEWAY: u8 = 24;
/// The flows of source 0 to groups 0 and 1.
const FLOW: u8 = 0;
const FLOW_TO_ANOTHER_GROUP: u8 = 3;
/// (*, the group of FLOW), and (*,*).
const ANY_SOURCE: u8 = 27;
const ALL: u8 = 54;
const JOIN: u8 = 1;
const FORWARD: u8 = 2;
/// A packet comes in where it should.
const ON_IIF: u8 = 255;

fn protocol(component: u8) -> Op {
    Register { protocol: 0, component, enables: true }
}

fn igmp(enables: bool) -> Op {
    Register { protocol: 4, component: 0, enables }
}

fn packet(flow: u8) -> Op {
    Packet { flow, arrival: ON_IIF }
}

fn route(route: u8) -> Op {
    Route { source: 0, route }
}

/// Answers as it was asked.
fn agree(which: u8) -> Op {
    Answer { which, how: 100, key: 0 }
}

/// A creation alert's answer: the first interface is not wanted.
const VETO: Op = Answer { which: 0, how: 16, key: 0 };

#[track_caller]
fn reaches(what: &str, sequence: &[Op]) {
    match run(sequence) {
        Ok(done) => assert!(done.reached.of(what) > 0, "{what:?} was not reached"),
        Err(why) => panic!("{why}"),
    }
}

#[test]
fn a_veto_that_an_add_lifted_does_not_come_back_with_a_later_prune() {
    reaches(
        "moves that filled a list",
        &[
            protocol(0),
            Take { client: 0, key: ON_1 },
            Take { client: 0, key: ON_2 },
            Take { client: 0, key: ON_3 },
            route(VIA_1),
            Add { client: 0, entry: ANY_SOURCE, key: ON_3, flags: JOIN },
            packet(FLOW),
            agree(0),
            Add { client: 0, entry: ALL, key: ON_3, flags: JOIN },
            Delete { client: 0, entry: ANY_SOURCE, key: ON_3, flags: FORWARD },
            VETO,
            route(VIA_2),
            agree(0),
        ],
    );
}

#[test]
fn a_construction_that_the_last_client_left_behind_holds_its_flow_until_it_ends() {
    reaches(
        "packets during a construction",
        &[
            igmp(true),
            Take { client: 0, key: ON_3 },
            route(NO_ROUTE),
            packet(FLOW),
            Release { client: 0, key: ON_3 },
            Deregister { client: 0 },
            protocol(0),
            Take { client: 0, key: ON_3 },
            packet(FLOW),
            agree(0),
            packet(FLOW),
        ],
    );
}

#[test]
fn a_walk_leaves_alone_what_another_change_evaluated_meanwhile() {
    reaches(
        "walks that found an MFE evaluated already",
        &[
            protocol(0),
            route(VIA_1),
            packet(FLOW),
            packet(FLOW_TO_ANOTHER_GROUP),
            Take { client: 0, key: ON_1 },
            route(VIA_1_GATEWAY),
            agree(1),
            SetMfe { client: 0, flow: FLOW_TO_ANOTHER_GROUP, upstream: 5 },
            agree(0),
            agree(0),
        ],
    );
}

#[test]
fn forward_during_the_evaluation_of_an_mfe_that_goes_is_nothing_to_the_next_one() {
    reaches(
        "packets for an MFE that went during its evaluation",
        &[
            protocol(0),
            Take { client: 0, key: ON_1 },
            Take { client: 0, key: ON_2 },
            Take { client: 0, key: ON_3 },
            route(VIA_1),
            packet(FLOW),
            agree(0),
            route(VIA_2),
            Add { client: 0, entry: ANY_SOURCE, key: ON_3, flags: FORWARD },
            Release { client: 0, key: ON_1 },
            packet(FLOW),
            agree(0),
            agree(0),
        ],
    );
}

#[test]
fn an_evaluation_that_goes_on_for_a_packet_has_all_its_restarts_again() {
    let change = |n: u8| [route(if n.is_multiple_of(2) { VIA_1 } else { VIA_2 }), agree(0)];
    let mut sequence = vec![
        protocol(0),
        Take { client: 0, key: ON_1 },
        Take { client: 0, key: ON_2 },
        Take { client: 0, key: ON_3 },
        Add { client: 0, entry: ANY_SOURCE, key: ON_3, flags: JOIN },
        route(VIA_1),
        packet(FLOW),
        agree(0),
        agree(0),
        route(VIA_2),
    ];
    sequence.extend((0..3).flat_map(change));
    sequence.extend([Release { client: 0, key: ON_1 }, packet(FLOW), agree(0)]);
    sequence.extend((0..3).flat_map(change));
    sequence.extend([agree(0), agree(0)]);
    reaches("packets for an MFE that went during its evaluation", &sequence);
}

#[test]
fn a_construction_that_is_given_up_has_no_upstream_neighbour() {
    let change = |n: u8| [route(if n.is_multiple_of(2) { VIA_1_GATEWAY } else { VIA_1 }), agree(0)];
    let mut sequence = vec![protocol(0), Take { client: 0, key: ON_1 }, route(VIA_1), packet(FLOW)];
    sequence.extend((0..4).flat_map(change));
    reaches("constructions given up", &sequence);
}

#[test]
fn a_route_that_goes_during_an_evaluation_makes_it_negative() {
    reaches(
        "routes gone during an evaluation",
        &[protocol(0), route(VIA_1), packet(FLOW), Take { client: 0, key: ON_1 }, route(NO_ROUTE), agree(0)],
    );
}

#[test]
fn a_take_of_the_iif_of_an_mfe_without_a_route_asks_the_new_owner() {
    reaches(
        "moves that asked without a route",
        &[
            igmp(true),
            Take { client: 0, key: ON_3 },
            packet(FLOW),
            // IGMP names its own interface.
            Answer { which: 0, how: 200, key: 0 },
            protocol(0),
            Take { client: 1, key: ON_3 },
            agree(0),
            Answer { which: 0, how: 200, key: 0 },
            agree(0),
        ],
    );
}

#[test]
fn igmp_leaving_an_owned_interface_keeps_what_forward_put_into_other_lists() {
    reaches(
        "interfaces put into lists by FORWARD alone",
        &[
            protocol(0),
            Take { client: 0, key: ON_1 },
            Take { client: 0, key: ON_3 },
            igmp(true),
            Take { client: 1, key: ON_3 },
            route(VIA_1),
            packet(FLOW),
            agree(0),
            packet(FLOW_TO_ANOTHER_GROUP),
            agree(0),
            Add { client: 0, entry: ALL, key: ON_3, flags: FORWARD },
            Add { client: 1, entry: ANY_SOURCE, key: ON_3, flags: JOIN },
            Release { client: 1, key: ON_3 },
        ],
    );
}

#[test]
fn packets_that_wait_for_a_construction_without_a_result_are_dropped() {
    reaches(
        "packets that waited and were dropped",
        &[
            protocol(0),
            Take { client: 0, key: ON_1 },
            route(VIA_1),
            packet(FLOW),
            packet(FLOW),
            Release { client: 0, key: ON_1 },
            Deregister { client: 0 },
            agree(0),
            protocol(0),
            packet(FLOW),
        ],
    );
}

#[test]
fn a_taker_may_go_while_igmp_is_disabled_for_it() {
    reaches(
        "takers that went during DISABLE",
        &[
            igmp(true),
            Take { client: 0, key: ON_1 },
            protocol(0),
            Take { client: 1, key: ON_1 },
            Deregister { client: 1 },
            agree(0),
            agree(0),
            protocol(0),
            Take { client: 1, key: ON_1 },
        ],
    );
}

#[test]
fn vetoes_of_a_list_that_is_made_again_are_forgotten_also_when_the_entry_ends_negative() {
    reaches(
        "moves that filled a list",
        &[
            protocol(0),
            Take { client: 0, key: ON_1 },
            Take { client: 0, key: ON_2 },
            Take { client: 0, key: ON_3 },
            route(VIA_1),
            Add { client: 0, entry: ANY_SOURCE, key: ON_3, flags: JOIN },
            packet(FLOW),
            agree(0),
            Answer { which: 0, how: 255, key: 0 },
            Advance { by: 9 },
            Expire { good: 1 },
            agree(0),
            route(NO_ROUTE),
            VETO,
            route(VIA_2),
            agree(0),
        ],
    );
}
