//! Generator and scheduler together, against published and recorded results.

use seatrial_scheduling::Cluster;
use seatrial_scheduling::simulate::simulate;

use super::super::testing::{assert_read_alike, cluster};
use super::{Parameters, PriorityMatters};

fn generated(
    seed: u128,
    nodes: u32,
    pods_per_node: u32,
    priorities: u32,
    usage: f64,
) -> PriorityMatters {
    let parameters = Parameters { nodes, pods_per_node, priorities, usage, seed };
    PriorityMatters::generate(&parameters).unwrap()
}

/// How many pods of each priority the scheduler places.
fn placed(cluster: &Cluster, ties: u128, priorities: i32) -> Vec<u64> {
    let simulation = simulate(cluster, ties);
    let runs = cluster.pods.iter().zip(&simulation.nodes).filter(|(_, node)| node.is_some());
    let mut placed = vec![0; usize::try_from(priorities).unwrap()];
    for (pod, _) in runs {
        let priority = cluster.templates[pod.template].spec.priority;
        placed[usize::try_from(priority - 1).unwrap()] += 1;
    }
    placed
}

#[test]
fn the_published_placements_of_the_real_scheduler() {
    let rows: [(u128, [u64; 4]); 7] = [
        (1_420_052_706_459_400_740, [5, 0, 2, 6]),
        (6_994_672_214_887_366_847, [0, 3, 6, 4]),
        (3_132_326_258_768_729_143, [1, 1, 7, 5]),
        (484_806_185_843_093_489, [0, 5, 9, 0]),
        (4_219_457_405_427_907_235, [0, 2, 4, 8]),
        (7_309_940_385_334_237_743, [3, 6, 5, 0]),
        (5_896_358_955_358_513_046, [3, 5, 3, 3]),
    ];
    for (seed, expected) in rows {
        let cluster = cluster(&generated(seed, 4, 4, 4, 1.0).blueprint(&[]));
        for ties in 0..20 {
            assert_eq!(expected.to_vec(), placed(&cluster, ties, 4), "seed {seed}, ties {ties}");
        }
    }
}

#[test]
fn thirty_two_instances_as_a_second_implementation_places_them() {
    let rows: [(u32, u32, [u64; 4]); 8] = [
        (4, 1, [32, 31, 30, 29]),
        (4, 4, [32, 31, 30, 29]),
        (8, 1, [64, 61, 60, 57]),
        (8, 4, [64, 62, 60, 57]),
        (16, 1, [126, 124, 117, 116]),
        (16, 4, [128, 125, 120, 118]),
        (32, 1, [255, 246, 242, 232]),
        (32, 4, [256, 249, 241, 235]),
    ];
    for (nodes, priorities, expected) in rows {
        for (usage, expected) in [0.9, 0.95, 1.0, 1.05].into_iter().zip(expected) {
            let instance = generated(1000, nodes, 8, priorities, usage);
            let cluster = cluster(&instance.blueprint(&[]));
            let placed = placed(&cluster, 0, i32::try_from(priorities).unwrap());
            let name = format!("{nodes} nodes, {priorities} priorities, usage {usage}");
            assert_eq!(expected, placed.iter().sum::<u64>(), "{name}");
            let of = |priority: usize| {
                let priority = i32::try_from(priority + 1).unwrap();
                let classes = instance.classes.iter();
                let classes = classes.filter(|class| class.priority == priority);
                classes.map(|class| u64::from(class.pods)).sum::<u64>()
            };
            // All of the upper tiers run.
            assert!((1..placed.len()).all(|at| placed[at] == of(at)), "{name}: {placed:?}");
        }
    }
}

#[test]
fn two_programs_read_the_instance_from_the_objects() {
    let generated = generated(1000, 16, 4, 4, 0.95);
    for placement in [vec![], vec![vec![1, 0, 2], vec![], vec![0, 1]]] {
        assert_read_alike(&generated.blueprint(&placement));
    }
}
