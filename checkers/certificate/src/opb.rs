//! One tier as a pseudo-Boolean problem, for checkers of another make (`veripb`).
//!
//! A variable `x3_0` says that pod 3 runs on node 0 in the end. To be minimised is minus the number
//! of movable pods of the tier that run. Each constraint is met by every reachable placement that
//! places no less in the tiers before: they are the rows of [`crate::rows`], pod by pod and node by
//! node, for the reasons that are argued there. Patterns follow from capacities; affinity, spread,
//! gangs and host ports are left out. So a lower bound of the problem is a bound of the tier, and
//! the plan of the certificate is a solution.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::plan::keeps_running;
use crate::{Classes, Facts, Instance, Partition};

/// What a constraint says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// A pod runs on one node at most.
    Pod(u32),
    /// What a node has of a resource.
    Capacity {
        /// The node.
        node: u32,
        /// The resource.
        resource: u32,
    },
    /// A tier before has at least what the plan places in it.
    Tier(u32),
    /// A disruption budget.
    Budget(u32),
    /// The move limit.
    MoveLimit,
    /// A pod that runs goes on running.
    KeepRunning(u32),
    /// Of pods that keep away from each other, one at most runs in a domain.
    Apart {
        /// Their shape.
        shape: u32,
        /// The topology.
        topology: u32,
        /// The domain.
        domain: u32,
    },
}

/// `sum of coefficient * variable >= least`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constraint {
    /// What it says.
    pub source: Source,
    /// Coefficients, and variables by index.
    pub terms: Vec<(i128, usize)>,
    /// The right-hand side.
    pub least: i128,
}

/// A problem.
#[derive(Clone, Debug)]
pub struct Problem<'a> {
    instance: &'a Instance,
    /// The tier, by index.
    pub tier: u32,
    /// Fixed pods of the tier that run: they are counted in no constraint and not in the objective.
    pub fixed: u64,
    /// The variables: a pod and a node.
    pub variables: Vec<(u32, u32)>,
    /// The variables of the pods of the tier, ascending.
    pub counted: Vec<usize>,
    /// The constraints, which are numbered from 1 in this order.
    pub constraints: Vec<Constraint>,
    index: BTreeMap<(u32, u32), usize>,
}

impl<'a> Problem<'a> {
    /// The problem of a tier, where the plan places so many in each tier.
    ///
    /// Takes time and space in the number of pods times the number of nodes.
    pub fn new(facts: &Facts<'a>, tier: u32, placed: &[u64]) -> Self {
        let instance = facts.instance;
        let partition = Partition::new(instance, Classes::Shape);
        let mut variables = Vec::new();
        for class in &partition.pods {
            let classes = partition.eligible(class);
            let nodes = classes.filter_map(|it| partition.nodes.get(it as usize));
            let nodes: BTreeSet<u32> = nodes.flat_map(|it| it.nodes.iter().copied()).collect();
            let pairs = class.pods.iter().flat_map(|pod| nodes.iter().map(move |&it| (*pod, it)));
            variables.extend(pairs);
        }
        variables.sort_unstable();
        let index = variables.iter().copied().zip(0..).collect();
        let fixed = facts.fixed_running.get(tier as usize).copied().unwrap_or(0);
        let constraints = Vec::new();
        let mut problem =
            Self { instance, tier, fixed, variables, counted: Vec::new(), constraints, index };
        problem.counted = problem.of_tier(facts, tier);
        problem.supply();
        problem.capacities(&partition);
        for (before, &placed) in (0..tier).zip(placed) {
            let terms = problem.of_tier(facts, before).into_iter().map(|it| (1, it)).collect();
            let fixed = facts.fixed_running.get(before as usize).copied().unwrap_or(0);
            problem.add(Source::Tier(before), terms, i128::from(placed) - i128::from(fixed));
        }
        problem.limits();
        problem.apart(facts);
        problem
    }

    /// The variable that says that a pod runs on a node.
    pub fn variable(&self, pod: u32, node: u32) -> Option<usize> {
        self.index.get(&(pod, node)).copied()
    }

    /// The name of a variable.
    pub fn name(&self, variable: usize) -> String {
        let (pod, node) = self.variables.get(variable).copied().unwrap_or_default();
        format!("x{pod}_{node}")
    }

    fn add(&mut self, source: Source, terms: Vec<(i128, usize)>, least: i128) {
        if !terms.is_empty() {
            self.constraints.push(Constraint { source, terms, least });
        }
    }

    fn of_pod(&self, pod: u32) -> impl Iterator<Item = usize> + '_ {
        self.index.range((pod, 0)..=(pod, u32::MAX)).map(|(_, &variable)| variable)
    }

    /// The variables of the pods of a tier and above.
    fn of_tier(&self, facts: &Facts<'_>, tier: u32) -> Vec<usize> {
        let least = facts.priorities.get(tier as usize).copied().unwrap_or(i32::MAX);
        let counts = |pod: u32| {
            let pod = self.instance.pods.get(pod as usize);
            let shape = pod.and_then(|pod| self.instance.shape_of(pod));
            shape.is_some_and(|shape| shape.priority >= least)
        };
        let numbered = self.variables.iter().zip(0..);
        numbered.filter(|((pod, _), _)| counts(*pod)).map(|(_, variable)| variable).collect()
    }

    fn supply(&mut self) {
        let pods: BTreeSet<u32> = self.variables.iter().map(|&(pod, _)| pod).collect();
        for pod in pods {
            let terms = self.of_pod(pod).map(|variable| (-1, variable)).collect();
            self.add(Source::Pod(pod), terms, -1);
        }
    }

    fn capacities(&mut self, partition: &Partition) {
        let mut on_node: BTreeMap<u32, Vec<(u32, usize)>> = BTreeMap::new();
        for (&(pod, node), variable) in self.variables.iter().zip(0..) {
            on_node.entry(node).or_default().push((pod, variable));
        }
        for (node, here) in on_node {
            let class = partition.class_of_node.get(node as usize);
            let Some(class) = class.and_then(|&it| partition.nodes.get(it as usize)) else {
                continue;
            };
            for (resource, &left) in (0_u32..).zip(&class.left) {
                let request = |pod: u32| {
                    let shape = self.instance.shape_of(self.instance.pods.get(pod as usize)?)?;
                    shape.requests.get(resource as usize).copied().filter(|&request| request > 0)
                };
                let terms = here.iter();
                let terms = terms.filter_map(|&(pod, it)| Some((-i128::from(request(pod)?), it)));
                let terms = terms.collect();
                self.add(Source::Capacity { node, resource }, terms, -i128::from(left));
            }
        }
    }

    /// Budgets, the move limit, and what has to go on running.
    fn limits(&mut self) {
        let here = |pod: u32| {
            let node = self.instance.pods.get(pod as usize)?.node?;
            self.variable(pod, node)
        };
        let stay = |pods: &mut dyn Iterator<Item = u32>| -> Vec<(i128, usize)> {
            pods.filter_map(here).map(|variable| (1, variable)).collect()
        };
        let least = |terms: &Vec<_>, allowed: u32| terms.len() as i128 - i128::from(allowed);
        let mut found = Vec::new();
        for (number, budget) in (0_u32..).zip(&self.instance.budgets) {
            let terms = stay(&mut budget.pods.iter());
            let least = least(&terms, budget.allowed);
            found.push((Source::Budget(number), terms, least));
        }
        if let Some(limit) = self.instance.question.move_limit {
            let terms = stay(&mut self.instance.numbered_pods().map(|(pod, _)| pod));
            let least = least(&terms, limit);
            found.push((Source::MoveLimit, terms, least));
        }
        if keeps_running(self.instance) {
            let running = self.instance.numbered_pods().filter(|(_, pod)| pod.node.is_some());
            for (pod, _) in running {
                let terms = self.of_pod(pod).map(|variable| (1, variable)).collect();
                found.push((Source::KeepRunning(pod), terms, 1));
            }
        }
        for (source, terms, least) in found {
            self.add(source, terms, least);
        }
    }

    /// Shapes that keep away from themselves, and of which no two pods are together now.
    fn apart(&mut self, facts: &Facts<'_>) {
        for (number, shape) in (0_u32..).zip(&self.instance.shapes) {
            let terms = shape.anti_affinity.iter().filter(|it| it.matches.contains(number));
            let topologies: BTreeSet<u32> = terms.map(|term| term.topology).collect();
            for topology in topologies.into_iter().filter(|_| !facts.clashes(number)) {
                self.apart_in(number, topology);
            }
        }
    }

    fn apart_in(&mut self, shape: u32, topology: u32) {
        let is_of =
            |pod: u32| self.instance.pods.get(pod as usize).is_some_and(|pod| pod.shape == shape);
        let mut domains: BTreeMap<u32, Vec<(i128, usize)>> = BTreeMap::new();
        for (&(pod, node), variable) in self.variables.iter().zip(0..) {
            if let Some(domain) = self.instance.domain(topology, node).filter(|_| is_of(pod)) {
                domains.entry(domain).or_default().push((-1, variable));
            }
        }
        let fixed = self.instance.pods.iter().filter(|pod| pod.fixed && pod.shape == shape);
        let fixed = fixed.filter_map(|pod| self.instance.domain(topology, pod.node?));
        let fixed: BTreeSet<u32> = fixed.collect();
        for (domain, terms) in domains {
            let least = if fixed.contains(&domain) { 0 } else { -1 };
            self.add(Source::Apart { shape, topology, domain }, terms, least);
        }
    }
}

/// The problem in the OPB format.
impl fmt::Display for Problem<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (variables, constraints) = (self.variables.len(), self.constraints.len());
        writeln!(f, "* #variable= {variables} #constraint= {constraints}")?;
        writeln!(f, "* x3_0: pod 3 runs on node 0, by their indexes in the instance.")?;
        let fixed = self.fixed;
        writeln!(f, "* Beside what is counted, {fixed} pods of the tier run and have to stay.")?;
        write!(f, "min:")?;
        for &variable in &self.counted {
            write!(f, " -1 {}", self.name(variable))?;
        }
        writeln!(f, " ;")?;
        for Constraint { terms, least, .. } in &self.constraints {
            for &(coefficient, variable) in terms {
                write!(f, "{coefficient} {} ", self.name(variable))?;
            }
            writeln!(f, ">= {least} ;")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
