//! The filters: by table, and against their definition on whole placements.

use crate::brute::may_arrive;
use crate::testing::{Mix, Random, instance};
use crate::{
    Affinity, AntiAffinity, Filter, Filters, HostPort, IndexSet, Instance, Node, Objective, Pod,
    Question, Shape, Spread, State, Topology,
};

/// Three nodes, the last without a zone; pod `a` asks, pods `b` and `c` (one shape) run.
fn cluster(change: impl FnOnce(&mut Instance)) -> Instance {
    let shape = |requests: [u64; 2]| Shape {
        priority: 0,
        requests: requests.to_vec(),
        nodes: IndexSet::below(3),
        ports: Vec::new(),
        affinity: None,
        anti_affinity: Vec::new(),
        spread: Vec::new(),
    };
    let node = |name: &str| Node { name: name.to_owned(), capacity: vec![4, 2] };
    let pod = |name: &str, shape, node| Pod { name: name.to_owned(), shape, node, fixed: false };
    let topology = |key: &str, domains: [Option<u32>; 3]| Topology {
        key: key.to_owned(),
        domains: domains.to_vec(),
    };
    let mut instance = Instance {
        format: Instance::FORMAT.to_owned(),
        version: Instance::VERSION,
        resources: vec!["cpu".to_owned(), "pods".to_owned()],
        nodes: vec![node("n0"), node("n1"), node("n2")],
        topologies: vec![
            topology("host", [Some(0), Some(1), Some(2)]),
            topology("zone", [Some(0), Some(1), None]),
        ],
        ports: Vec::new(),
        shapes: vec![shape([2, 1]), shape([1, 1])],
        pods: vec![pod("a", 0, None), pod("b", 1, Some(0)), pod("c", 1, None)],
        budgets: Vec::new(),
        gangs: Vec::new(),
        question: Question { objective: Objective::Placed, move_limit: None, live: false },
        trusted: Vec::new(),
    };
    change(&mut instance);
    instance
}

/// What the filters say of pod `a` on each node.
#[track_caller]
fn expect(change: impl FnOnce(&mut Instance), verdicts: [Option<Filter>; 3]) {
    let instance = cluster(change);
    assert_eq!(instance.validate(), Ok(()));
    let filters = Filters::new(&instance);
    let state = State::now(&filters);
    let found = [0, 1, 2].map(|node| state.admits(0, node).err());
    assert_eq!(found, verdicts);
    let defined = [0, 1, 2].map(|node| may_arrive(&instance, &state.places().to_vec(), 0, node));
    assert_eq!(defined, verdicts.map(|verdict| verdict.is_none()));
}

fn only(shape: u32) -> IndexSet {
    std::iter::once(shape).collect()
}

const AFFINITY: Option<Filter> = Some(Filter::Affinity);
const AWAY: Option<Filter> = Some(Filter::AntiAffinity);
const AVOIDED: Option<Filter> = Some(Filter::ExistingAntiAffinity);

#[test]
fn nodes_and_resources() {
    expect(|_| (), [None, None, None]);
    expect(|it| it.shapes[0].nodes = only(1), [Some(Filter::Node), None, Some(Filter::Node)]);
    expect(|it| it.nodes[0].capacity[0] = 3, [None; 3]);
    expect(|it| it.nodes[0].capacity[0] = 2, [Some(Filter::Resources(0)), None, None]);
    expect(|it| it.nodes[0].capacity[1] = 1, [Some(Filter::Resources(1)), None, None]);
    // What is not asked for is not looked at, even where too much is in use.
    let overcommitted = |request| {
        move |it: &mut Instance| {
            it.nodes[0].capacity[0] = 0;
            it.shapes[0].requests[0] = request;
        }
    };
    expect(overcommitted(0), [None, None, None]);
    expect(overcommitted(1), [Some(Filter::Resources(0)), None, None]);
}

#[test]
fn ports() {
    let ports = |own: u32, other: u32| {
        move |it: &mut Instance| {
            let port = |ip: &str, protocol: &str, port| HostPort {
                ip: ip.to_owned(),
                protocol: protocol.to_owned(),
                port,
            };
            it.ports = vec![
                port("0.0.0.0", "TCP", 80),
                port("0.0.0.0", "TCP", 81),
                port("10.0.0.1", "TCP", 80),
                port("10.0.0.1", "UDP", 80),
                port("10.0.0.2", "TCP", 80),
            ];
            it.shapes[0].ports = vec![own];
            it.shapes[1].ports = vec![other];
        }
    };
    for (own, other, free) in
        [(0, 0, false), (0, 1, true), (0, 2, false), (2, 0, false), (2, 3, true), (2, 4, true)]
    {
        let first = (!free).then_some(Filter::Ports(own));
        expect(ports(own, other), [first, None, None]);
    }
}

#[test]
fn affinity() {
    let near = |topologies: &[u32], shape: u32| {
        let affinity = Affinity { topologies: topologies.to_vec(), matches: only(shape) };
        move |it: &mut Instance| it.shapes[0].affinity = Some(affinity)
    };
    expect(near(&[0], 1), [None, AFFINITY, AFFINITY]);
    expect(near(&[1], 1), [None, AFFINITY, AFFINITY]);
    // The first of its kind may go wherever the labels are.
    expect(near(&[0], 0), [None, None, None]);
    expect(near(&[0, 1], 0), [None, None, AFFINITY]);
    // Not the first of its kind.
    let second = |it: &mut Instance| {
        near(&[1], 0)(it);
        it.pods[2].shape = 0;
        it.pods[2].node = Some(1);
    };
    expect(second, [AFFINITY, None, AFFINITY]);
    // One that runs where there is no label does not count.
    let elsewhere = |it: &mut Instance| {
        second(it);
        it.pods[2].node = Some(2);
    };
    expect(elsewhere, [None, None, AFFINITY]);
}

#[test]
fn anti_affinity_both_ways() {
    let away = |shape: usize, topology, from| {
        move |it: &mut Instance| {
            it.shapes[shape].anti_affinity = vec![AntiAffinity { topology, matches: only(from) }];
        }
    };
    expect(away(0, 0, 1), [AWAY, None, None]);
    expect(away(0, 0, 0), [None, None, None]);
    expect(away(1, 1, 0), [AVOIDED, None, None]);
    expect(away(1, 1, 1), [None, None, None]);
    // Without the label a node is in no domain.
    let unlabelled = |it: &mut Instance| {
        away(0, 1, 1)(it);
        it.pods[1].node = Some(2);
    };
    expect(unlabelled, [None, None, None]);
}

#[test]
fn spread() {
    let spread = |change: fn(&mut Spread)| {
        move |it: &mut Instance| {
            let mut spread = Spread {
                topology: 0,
                max_skew: 1,
                min_domains: 1,
                matches: [0, 1].into_iter().collect(),
                nodes: IndexSet::below(3),
            };
            change(&mut spread);
            it.shapes[0].spread = vec![spread];
        }
    };
    let refused = Some(Filter::Spread(0));
    expect(spread(|_| ()), [refused, None, None]);
    expect(spread(|it| it.max_skew = 2), [None, None, None]);
    // Its own shape is not counted: it adds nothing.
    expect(spread(|it| it.matches = only(1)), [None, None, None]);
    // Fewer domains than there have to be: the fewest counts as 0.
    let both = |min_domains| {
        move |it: &mut Instance| {
            spread(|_| ())(it);
            it.shapes[0].spread[0].nodes = only(0);
            it.shapes[0].spread[0].min_domains = min_domains;
        }
    };
    expect(both(1), [None, None, None]);
    expect(both(2), [refused, None, None]);
    // A node without the label is no place; one that is not counted counts as empty.
    let zones = |it: &mut Instance| {
        spread(|it| it.topology = 1)(it);
        it.shapes[0].spread[0].nodes = [0, 1].into_iter().collect();
    };
    expect(zones, [refused, None, refused]);
}

/// The shortest way to hold incremental counts against the definition: a random walk over all
/// states, whatever the filters say.
#[test]
fn counts_agree_with_the_definition() {
    let (mut asked, mut admitted) = (0, 0);
    for seed in 0..3000 {
        let instance = instance(seed, Mix::ALL);
        assert_eq!(instance.validate(), Ok(()), "{seed}");
        let filters = Filters::new(&instance);
        let mut state = State::now(&filters);
        let random = &mut Random::new(seed ^ 0xfeed);
        for _ in 0..12 {
            for (pod, _) in instance.numbered_pods() {
                for node in 0..u32::try_from(instance.nodes.len()).unwrap() {
                    let mut places = state.places().to_vec();
                    if places[pod as usize].is_some() {
                        continue;
                    }
                    let answer = state.admits(pod, node);
                    assert_eq!(answer.is_ok(), may_arrive(&instance, &places, pod, node), "{seed}");
                    asked += 1;
                    admitted += u32::from(answer.is_ok());
                    places[pod as usize] = Some(node);
                }
            }
            let pod = u32::try_from(random.draw() % instance.pods.len() as u64).unwrap();
            let node = u32::try_from(random.draw() % instance.nodes.len() as u64).unwrap();
            if state.evict(pod).is_none() {
                assert!(state.bind(pod, node));
            }
        }
    }
    assert!(
        asked > 100_000 && admitted * 5 > asked && admitted * 5 < asked * 4,
        "{admitted}/{asked}"
    );
}
