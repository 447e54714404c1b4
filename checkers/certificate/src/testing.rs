//! Random tiny instances, for tests that hold something against [`crate::brute`].

use crate::{
    Affinity, AntiAffinity, Budget, Gang, HostPort, IndexSet, Instance, Node, Objective, Pod,
    Question, Shape, Spread, Topology,
};

/// A stream of pseudo-random numbers (`SplitMix64`): the same seed, the same numbers.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// A stream of its own for each seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From `least` to `most`, both included.
    pub fn within(&mut self, least: u64, most: u64) -> u64 {
        least + self.draw() % (most - least + 1)
    }

    /// One of so many, from 0; 0 of none.
    pub fn index(&mut self, end: usize) -> usize {
        usize::try_from(self.draw() % end.max(1) as u64).unwrap_or(0)
    }

    /// True so many times in a hundred.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.draw() % 100 < percent
    }

    fn small(&mut self, least: u32, most: u32) -> u32 {
        u32::try_from(self.within(least.into(), most.into())).unwrap_or(most)
    }

    fn subset(&mut self, end: u32, percent: u64) -> IndexSet {
        (0..end).filter(|_| self.chance(percent)).collect()
    }
}

/// How large instances are, and what occurs in them.
#[derive(Clone, Copy, Debug)]
pub struct Mix {
    /// The most nodes.
    pub nodes: u32,
    /// The most pods.
    pub pods: u32,
    /// The most shapes.
    pub shapes: u32,
    /// The greatest request of a resource; capacities are some two to four of them.
    pub size: u64,
    /// Whether there is anything but resources and priorities: constraints between pods, groups,
    /// running and fixed pods, questions.
    pub constraints: bool,
}

impl Mix {
    /// Everything, on up to 3 nodes with up to 6 pods.
    pub const ALL: Self = Self { nodes: 3, pods: 6, shapes: 3, size: 4, constraints: true };
    /// Packing alone.
    pub const PACKING: Self = Self { nodes: 3, pods: 6, shapes: 4, size: 9, constraints: false };
}

/// A valid instance, a function of the seed.
pub fn instance(seed: u64, mix: Mix) -> Instance {
    let random = &mut Random::new(seed);
    let nodes = random.small(1, mix.nodes);
    let pods = random.small(1, mix.pods);
    let kinds = random.small(1, mix.shapes.min(pods));
    let topologies = topologies(random, nodes);
    let shapes: Vec<Shape> =
        (0..kinds).map(|_| shape(random, mix, nodes, kinds, &topologies)).collect();
    let capacity = |random: &mut Random| {
        let small = random.within(mix.size, 3 * mix.size);
        vec![small, random.within(mix.size, 3 * mix.size), 110]
    };
    let alike = random.chance(60).then(|| capacity(random));
    let nodes: Vec<Node> = (0..nodes)
        .map(|at| Node {
            name: format!("n{at}"),
            capacity: alike.clone().unwrap_or_else(|| capacity(random)),
        })
        .collect();
    let mut instance = Instance {
        format: Instance::FORMAT.to_owned(),
        version: Instance::VERSION,
        resources: vec!["cpu".to_owned(), "memory".to_owned(), "pods".to_owned()],
        nodes,
        topologies,
        ports: ports(),
        shapes,
        pods: (0..pods)
            .map(|at| Pod {
                name: format!("p{at}"),
                shape: random.small(0, kinds - 1),
                node: None,
                fixed: false,
            })
            .collect(),
        budgets: Vec::new(),
        gangs: Vec::new(),
        question: Question { objective: Objective::Placed, move_limit: None, live: false },
        trusted: Vec::new(),
    };
    renumber(&mut instance);
    if mix.constraints {
        run(random, &mut instance);
        group(random, &mut instance);
        ask(random, &mut instance);
    }
    instance
}

fn ports() -> Vec<HostPort> {
    let port = |ip: &str, port| HostPort { ip: ip.to_owned(), protocol: "TCP".to_owned(), port };
    vec![port("0.0.0.0", 80), port("10.0.0.1", 80), port("10.0.0.2", 80)]
}

/// Everything, the host, and a zone that some nodes may lack.
fn topologies(random: &mut Random, nodes: u32) -> Vec<Topology> {
    let mut zones = Vec::new();
    let mut known: Vec<u64> = Vec::new();
    for _ in 0..nodes {
        let zone = random.within(0, 1);
        if random.chance(15) {
            zones.push(None);
            continue;
        }
        let at = known.iter().position(|&it| it == zone).unwrap_or_else(|| {
            known.push(zone);
            known.len() - 1
        });
        zones.push(u32::try_from(at).ok());
    }
    vec![
        Topology { key: String::new(), domains: vec![Some(0); nodes as usize] },
        Topology { key: "host".to_owned(), domains: (0..nodes).map(Some).collect() },
        Topology { key: "zone".to_owned(), domains: zones },
    ]
}

fn shape(random: &mut Random, mix: Mix, nodes: u32, kinds: u32, topologies: &[Topology]) -> Shape {
    let least = u64::from(!random.chance(10));
    let mut shape = Shape {
        priority: i32::try_from(random.within(0, 2)).unwrap_or(0),
        requests: vec![random.within(least, mix.size), random.within(1, mix.size), 1],
        nodes: if random.chance(70) { IndexSet::below(nodes) } else { random.subset(nodes, 60) },
        ports: Vec::new(),
        affinity: None,
        anti_affinity: Vec::new(),
        spread: Vec::new(),
    };
    if !mix.constraints {
        return shape;
    }
    if random.chance(15) {
        shape.ports = random.subset(3, 40).iter().collect();
    }
    if random.chance(20) {
        let mut topologies: Vec<u32> = vec![random.small(0, 2), random.small(1, 2)];
        topologies.sort_unstable();
        topologies.dedup();
        shape.affinity = Some(Affinity { topologies, matches: random.subset(kinds, 60) });
    }
    for _ in 0..2 {
        if random.chance(20) {
            let topology = random.small(0, 2);
            shape.anti_affinity.push(AntiAffinity { topology, matches: random.subset(kinds, 50) });
        }
    }
    let counted = |node: &u32| {
        topologies.iter().all(|it| it.domains.get(*node as usize).is_some_and(Option::is_some))
    };
    for _ in 0..2 {
        if random.chance(20) {
            shape.spread.push(Spread {
                topology: random.small(1, 2),
                max_skew: random.small(1, 2),
                min_domains: random.small(1, 3),
                matches: random.subset(kinds, 70),
                nodes: random.subset(nodes, 85).iter().filter(counted).collect(),
            });
        }
    }
    shape
}

/// Numbers the shapes in the order of their first pod, and drops those that no pod has.
fn renumber(instance: &mut Instance) {
    let mut order: Vec<u32> = Vec::new();
    for pod in &mut instance.pods {
        let at = order.iter().position(|&it| it == pod.shape).unwrap_or_else(|| {
            order.push(pod.shape);
            order.len() - 1
        });
        pod.shape = u32::try_from(at).unwrap_or(0);
    }
    let renamed = |set: &IndexSet| -> IndexSet {
        (0_u32..).zip(&order).filter(|(_, old)| set.contains(**old)).map(|(new, _)| new).collect()
    };
    let old = std::mem::take(&mut instance.shapes);
    for at in &order {
        let Some(mut shape) = old.get(*at as usize).cloned() else { continue };
        if let Some(affinity) = &mut shape.affinity {
            affinity.matches = renamed(&affinity.matches);
        }
        for term in &mut shape.anti_affinity {
            term.matches = renamed(&term.matches);
        }
        for spread in &mut shape.spread {
            spread.matches = renamed(&spread.matches);
        }
        shape.anti_affinity.sort();
        shape.anti_affinity.dedup();
        shape.spread.sort();
        shape.spread.dedup();
        instance.shapes.push(shape);
    }
}

/// Lets some pods run, mostly where there is room; some are fixed.
fn run(random: &mut Random, instance: &mut Instance) {
    let nodes = u32::try_from(instance.nodes.len()).unwrap_or(1);
    for number in 0..instance.pods.len() {
        let node = random.small(0, nodes - 1);
        let places = instance.pods.iter().map(|pod| pod.node).collect();
        let at = u32::try_from(number).unwrap_or(0);
        let fits = crate::brute::may_arrive(instance, &places, at, node);
        let runs = random.chance(50) && (fits || random.chance(15));
        let fixed = random.chance(12);
        if let Some(pod) = instance.pods.get_mut(number) {
            pod.node = runs.then_some(node);
            pod.fixed = fixed;
        }
    }
}

fn group(random: &mut Random, instance: &mut Instance) {
    let pods = u32::try_from(instance.pods.len()).unwrap_or(0);
    if random.chance(30) {
        let (pods, allowed) = (random.subset(pods, 60), random.small(0, 2));
        instance.budgets.push(Budget { name: "b".to_owned(), pods, allowed });
    }
    let members = random.subset(pods, 50);
    if random.chance(35) && !members.is_empty() {
        let most = u32::try_from(members.len()).unwrap_or(1);
        let within = random.chance(50).then(|| random.small(1, 2));
        let minimum = random.small(1, most);
        instance.gangs.push(Gang { name: "g".to_owned(), pods: members, minimum, within });
    }
}

fn ask(random: &mut Random, instance: &mut Instance) {
    instance.question.live = random.chance(25);
    instance.question.move_limit = random.chance(25).then(|| random.small(0, 2));
    if random.chance(25) {
        let resource = random.small(0, 1);
        let unit = random.within(2, 3);
        instance.question.objective = Objective::Fragments { resource, unit };
    }
}
