//! The published generator's instances, of which a second implementation gave the same placements.

use crate::{Cluster, LabelSelector, Node, Owner, Pod, PodSpec, Template};

use super::super::simulate;

/// How many pods, what each asks for, and its priority.
type Class = (usize, u64, u64, i32);

/// Workloads that are created one after another, on equal nodes.
fn cluster(nodes: usize, cpu: u64, memory: u64, classes: &[Class]) -> Cluster {
    let nodes = (1..=nodes).map(|number| Node {
        name: format!("kwok-node-{number}"),
        labels: [("kubernetes.io/hostname".to_owned(), format!("kwok-node-{number}"))].into(),
        allocatable: vec![cpu, memory, 110],
        ..Node::default()
    });
    let mut cluster = Cluster {
        resources: ["cpu", "memory", "pods"].map(str::to_owned).to_vec(),
        nodes: nodes.collect(),
        ..Cluster::default()
    };
    for (class, (&(pods, cpu, memory, priority), created)) in classes.iter().zip(0..).enumerate() {
        let labels = [("app".to_owned(), format!("rs-{class:02}"))].into();
        cluster.templates.push(Template {
            namespace: "default".to_owned(),
            owner: Some(Owner { kind: "ReplicaSet".to_owned(), name: format!("rs-{class:02}") }),
            spread_by_default: Some(LabelSelector::of_labels(&labels)),
            labels,
            spec: PodSpec {
                priority,
                preempts: true,
                requests: vec![cpu, memory, 1],
                scored_cpu: cpu,
                scored_memory: memory,
                ..PodSpec::default()
            },
            ..Template::default()
        });
        cluster.pods.extend((0..pods).map(|pod| Pod {
            name: format!("default/rs-{class:02}-{pod}"),
            template: class,
            created: Some(created),
            ..Pod::default()
        }));
    }
    cluster
}

/// How many pods of each class run on each node.
fn matrix(cluster: &Cluster, seed: u128) -> Vec<Vec<usize>> {
    let simulation = simulate(cluster, seed);
    let mut matrix = vec![vec![0; cluster.templates.len()]; cluster.nodes.len()];
    for (pod, node) in cluster.pods.iter().zip(&simulation.nodes) {
        if let Some(node) = node {
            matrix[*node][pod.template] += 1;
        }
    }
    matrix
}

#[test]
fn a_published_instance() {
    let classes = [
        (2, 886, 796_429_264, 4),
        (1, 390, 595_892_734, 1),
        (2, 725, 903_722_814, 4),
        (2, 556, 761_657_615, 1),
        (1, 725, 639_198_754, 3),
        (1, 179, 968_781_672, 3),
        (1, 934, 187_921_846, 1),
        (1, 126, 917_501_620, 4),
        (1, 191, 484_701_741, 4),
        (4, 762, 801_019_180, 1),
    ];
    let cluster = cluster(4, 2482, 2_980_423_619, &classes);
    let expected = [
        [0, 1, 1, 0, 0, 0, 1, 0, 0, 0],
        [1, 0, 0, 0, 1, 1, 0, 0, 0, 0],
        [0, 0, 1, 1, 0, 0, 0, 0, 1, 1],
        [1, 0, 0, 1, 0, 0, 0, 1, 0, 0],
    ];
    assert_eq!(expected.map(Vec::from).to_vec(), matrix(&cluster, 0));
    assert_eq!(expected.map(Vec::from).to_vec(), matrix(&cluster, 1));
}

#[test]
fn an_instance_in_which_ties_matter() {
    let classes = [
        (1, 986, 626_018_047, 1),
        (4, 848, 827_566_225, 2),
        (4, 844, 874_421_173, 1),
        (4, 936, 531_964_924, 2),
        (2, 728, 459_054_990, 2),
        (2, 531, 479_200_151, 4),
        (4, 549, 932_048_829, 1),
        (1, 806, 579_355_497, 2),
        (3, 438, 271_220_725, 2),
        (1, 107, 308_475_841, 4),
        (2, 674, 346_304_380, 3),
        (2, 881, 532_930_663, 1),
        (1, 898, 951_463_429, 3),
        (1, 178, 637_059_243, 1),
    ];
    let cluster = cluster(4, 5657, 5_053_754_801, &classes);
    let rows = [
        [0, 1, 1, 1, 1, 1, 1, 0, 1, 0, 0, 0, 0, 1],
        [0, 1, 1, 1, 1, 0, 1, 0, 1, 1, 1, 0, 0, 0],
        [0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 1, 0, 0, 0],
        [1, 1, 1, 1, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0],
    ];
    assert_eq!(rows.map(Vec::from).to_vec(), matrix(&cluster, 0));
    let permuted = [2, 3, 1, 0].map(|row: usize| rows[row].to_vec());
    assert_eq!(permuted.to_vec(), matrix(&cluster, 1));
}
