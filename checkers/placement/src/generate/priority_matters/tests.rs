use super::super::Error;
use super::{Class, Parameters, PriorityMatters};

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

/// Pods, thousandths of a core, bytes and priority of each class.
type Columns<'rows> = [(u32, u64, u64, i32)];

fn assert_classes(expected: &Columns, instance: &PriorityMatters) {
    let expected: Vec<Class> = expected
        .iter()
        .map(|&(pods, cpu, memory, priority)| Class { pods, cpu, memory, priority })
        .collect();
    assert_eq!(expected, instance.classes);
}

#[test]
fn a_published_instance() {
    let instance = generated(1_420_052_706_459_400_740, 4, 4, 4, 1.0);
    assert_eq!((4, 2482, 2_980_423_619), (instance.nodes, instance.cpu, instance.memory));
    assert_classes(
        &[
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
        ],
        &instance,
    );
}

#[test]
fn an_instance_with_larger_nodes() {
    let instance = generated(1000, 4, 8, 4, 1.0);
    assert_eq!((4, 5657, 5_053_754_801), (instance.nodes, instance.cpu, instance.memory));
    assert_classes(
        &[
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
        ],
        &instance,
    );
}

#[test]
fn the_capacities_and_counts_of_the_published_rows() {
    let rows: [(u128, [u32; 4], u64, u64); 7] = [
        (1_420_052_706_459_400_740, [8, 0, 2, 6], 2482, 2_980_423_619),
        (6_994_672_214_887_366_847, [3, 3, 6, 4], 2854, 1_775_481_506),
        (3_132_326_258_768_729_143, [3, 1, 7, 5], 2260, 2_863_098_990),
        (484_806_185_843_093_489, [0, 7, 9, 0], 1829, 1_998_227_888),
        (4_219_457_405_427_907_235, [0, 4, 4, 8], 1217, 2_150_378_292),
        (7_309_940_385_334_237_743, [5, 6, 5, 0], 2274, 2_139_922_980),
        (5_896_358_955_358_513_046, [5, 5, 3, 3], 2776, 1_575_099_735),
    ];
    for (seed, wanted, cpu, memory) in rows {
        let instance = generated(seed, 4, 4, 4, 1.0);
        assert_eq!((cpu, memory), (instance.cpu, instance.memory), "seed {seed}");
        let of = |priority| {
            let classes = instance.classes.iter().filter(|class| class.priority == priority);
            classes.map(|class| class.pods).sum::<u32>()
        };
        assert_eq!(wanted, [of(1), of(2), of(3), of(4)], "seed {seed}");
    }
}

#[test]
fn the_usage_and_the_priorities_leave_the_other_columns_alone() {
    let tight = generated(1000, 8, 8, 1, 1.05);
    let loose = generated(1000, 8, 8, 4, 0.9);
    let columns = |instance: &PriorityMatters| -> Vec<(u32, u64, u64)> {
        instance.classes.iter().map(|class| (class.pods, class.cpu, class.memory)).collect()
    };
    assert_eq!(columns(&tight), columns(&loose));
    assert!(tight.cpu < loose.cpu && tight.memory < loose.memory);
    assert!(tight.classes.iter().all(|class| class.priority == 1));
}

#[test]
fn no_node_is_smaller_than_the_largest_pod() {
    let instance = generated(1, 100, 1, 1, 10.0);
    let largest = instance.classes.iter().map(|class| class.cpu).max();
    assert_eq!(largest, Some(instance.cpu));
}

#[test]
fn parameters_out_of_range_are_refused() {
    let good = Parameters { nodes: 4, pods_per_node: 4, priorities: 4, usage: 1.0, seed: 1 };
    let bad = [
        (Parameters { nodes: 0, ..good }, "number of nodes"),
        (Parameters { nodes: 10_001, ..good }, "number of nodes"),
        (Parameters { pods_per_node: 0, ..good }, "number of pods per node"),
        (Parameters { priorities: 0, ..good }, "number of priorities"),
        (Parameters { usage: 0.0, ..good }, "usage"),
        (Parameters { usage: f64::NAN, ..good }, "usage"),
        (Parameters { usage: f64::INFINITY, ..good }, "usage"),
    ];
    for (parameters, expected) in bad {
        let refused = PriorityMatters::generate(&parameters);
        let Err(Error::OutOfRange { parameter, .. }) = refused else {
            panic!("{parameters:?} is not refused")
        };
        assert_eq!(expected, parameter);
    }
    assert_eq!(
        "the usage is `0`, but has to be from 0.01 to 100",
        PriorityMatters::generate(&Parameters { usage: 0.0, ..good }).unwrap_err().to_string()
    );
}

#[test]
fn the_canonical_instance_is_sorted_and_complete() {
    let generated = generated(1000, 16, 8, 4, 1.0);
    let instance = generated.instance(&[]);
    assert_eq!(["cpu", "memory", "pods"], instance.resources.as_slice());
    assert_eq!(16, instance.nodes.len());
    assert_eq!("kwok-node-10", instance.nodes[1].name);
    assert_eq!(128, instance.pods.len());
    assert!(instance.pods.is_sorted() && instance.nodes.is_sorted());
    assert!(instance.pods.iter().all(|pod| pod.node.is_none() && !pod.fixed));
    assert!(instance.shapes.iter().all(|shape| shape.nodes.len() == 16));
    let requested: u64 =
        instance.pods.iter().map(|pod| instance.shapes[pod.shape as usize].requests[0]).sum();
    assert_eq!(
        generated.classes.iter().map(|class| u64::from(class.pods) * class.cpu).sum::<u64>(),
        requested
    );
}

#[test]
fn a_placement_says_what_runs() {
    let generated = generated(1_420_052_706_459_400_740, 4, 4, 4, 1.0);
    let instance = generated.instance(&[vec![], vec![2], vec![0, 0, 0, 0, 0, 0, 0, 0, 0, 9]]);
    let on = |name: &str| {
        let pod = instance.pods.iter().find(|pod| pod.name == name).unwrap();
        pod.node.map(|node| instance.nodes[node as usize].name.as_str())
    };
    assert_eq!(Some("kwok-node-2"), on("default/rs-01-p4-1"));
    assert_eq!(Some("kwok-node-2"), on("default/rs-01-p4-2"));
    assert_eq!(None, on("default/rs-02-p1-1"));
    assert_eq!(Some("kwok-node-3"), on("default/rs-10-p1-4"));
}
