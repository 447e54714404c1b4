//! The systems whose configurations are known.

use std::fmt;
use std::str::FromStr;

use seatrial_parse::settings::Dialect;

/// A system whose parameters are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum System {
    /// Alluxio: `alluxio-site.properties`.
    Alluxio,
    /// Django: a settings module.
    Django,
    /// etcd: its YAML configuration file.
    Etcd,
    /// HBase: `hbase-site.xml`.
    Hbase,
    /// Hadoop Common: `core-site.xml`.
    Hcommon,
    /// HDFS: `hdfs-site.xml`.
    Hdfs,
    /// PostgreSQL: `postgresql.conf`.
    Postgresql,
    /// Redis: `redis.conf`.
    Redis,
    /// YARN: `yarn-site.xml`.
    Yarn,
    /// ZooKeeper: `zoo.cfg`.
    Zookeeper,
}

impl System {
    /// All systems, in the order of their names.
    pub const ALL: [Self; 10] = [
        Self::Alluxio,
        Self::Django,
        Self::Etcd,
        Self::Hbase,
        Self::Hcommon,
        Self::Hdfs,
        Self::Postgresql,
        Self::Redis,
        Self::Yarn,
        Self::Zookeeper,
    ];

    /// The name on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Alluxio => "alluxio",
            Self::Django => "django",
            Self::Etcd => "etcd",
            Self::Hbase => "hbase",
            Self::Hcommon => "hcommon",
            Self::Hdfs => "hdfs",
            Self::Postgresql => "postgresql",
            Self::Redis => "redis",
            Self::Yarn => "yarn",
            Self::Zookeeper => "zookeeper",
        }
    }

    /// How its configurations are written.
    pub const fn dialect(self) -> Dialect {
        match self {
            Self::Alluxio | Self::Zookeeper => Dialect::Properties,
            Self::Django => Dialect::Django,
            Self::Etcd => Dialect::Yaml,
            Self::Hbase | Self::Hcommon | Self::Hdfs | Self::Yarn => Dialect::HadoopXml,
            Self::Postgresql => Dialect::Postgresql,
            Self::Redis => Dialect::Redis,
        }
    }

    /// How a text is written: as the system's configurations are, unless it is XML where they are
    /// not, or the other way round.
    pub fn dialect_of(self, text: &str) -> Dialect {
        match (self.dialect(), Dialect::detect(text)) {
            (Dialect::HadoopXml, found) if !text.trim().is_empty() => found,
            (_, Dialect::HadoopXml) => Dialect::HadoopXml,
            (own, _) => own,
        }
    }

    /// The system of a file by its name, where the name leaves no doubt.
    pub fn of_file_name(name: &str) -> Option<Self> {
        match name {
            "alluxio-site.properties" => Some(Self::Alluxio),
            "etcd.conf.yml" | "etcd.conf.yaml" => Some(Self::Etcd),
            "hbase-site.xml" => Some(Self::Hbase),
            "core-site.xml" => Some(Self::Hcommon),
            "hdfs-site.xml" => Some(Self::Hdfs),
            "postgresql.conf" => Some(Self::Postgresql),
            "redis.conf" => Some(Self::Redis),
            "yarn-site.xml" => Some(Self::Yarn),
            "zoo.cfg" => Some(Self::Zookeeper),
            _ => None,
        }
    }

    /// The systems whose parameters may stand in the same file: those of the Hadoop family read
    /// each other's.
    pub const fn family(self) -> &'static [Self] {
        match self {
            Self::Hbase | Self::Hcommon | Self::Hdfs | Self::Yarn => {
                &[Self::Hbase, Self::Hcommon, Self::Hdfs, Self::Yarn]
            }
            Self::Alluxio => &[Self::Alluxio],
            Self::Django => &[Self::Django],
            Self::Etcd => &[Self::Etcd],
            Self::Postgresql => &[Self::Postgresql],
            Self::Redis => &[Self::Redis],
            Self::Zookeeper => &[Self::Zookeeper],
        }
    }

    /// The words that it reads as true and as false. Letter case counts in Django alone.
    pub const fn booleans(self) -> (&'static [&'static str], &'static [&'static str]) {
        match self {
            Self::Redis => (&["yes"], &["no"]),
            Self::Postgresql => (&["on", "true", "yes", "1"], &["off", "false", "no", "0"]),
            Self::Django => (&["True"], &["False"]),
            _ => (&["true"], &["false"]),
        }
    }

    /// The truth of a value as this system reads it.
    pub fn truth(self, value: &str) -> Option<bool> {
        let (yes, no) = self.booleans();
        let is = |word: &&str| {
            if self == Self::Django { *word == value } else { word.eq_ignore_ascii_case(value) }
        };
        if yes.iter().any(&is) { Some(true) } else { no.iter().any(is).then_some(false) }
    }
}

impl fmt::Display for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for System {
    type Err = String;

    /// Reads a name of [`System::as_str`]; the error names them all.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|system| system.as_str() == text).ok_or_else(|| {
            let known = Self::ALL.map(Self::as_str).join("`, `");
            format!("unknown system `{text}`: one of `{known}`")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systems_read_back_from_their_names_and_files() {
        for system in System::ALL {
            assert_eq!(system.as_str().parse(), Ok(system));
            assert!(system.family().contains(&system));
        }
        assert!("mongodb".parse::<System>().unwrap_err().contains("`zookeeper`"));
        for (name, system) in [
            ("hdfs-site.xml", Some(System::Hdfs)),
            ("zoo.cfg", Some(System::Zookeeper)),
            ("site.xml", None),
            ("settings.py", None),
        ] {
            assert_eq!(System::of_file_name(name), system, "{name}");
        }
    }

    #[test]
    fn a_text_tells_whether_it_is_xml() {
        for (system, text, dialect) in [
            (System::Hdfs, "<configuration/>", Dialect::HadoopXml),
            (System::Hdfs, "dfs.replication=3", Dialect::KeyValue),
            (System::Hdfs, " ", Dialect::HadoopXml),
            (System::Redis, "<?xml?>", Dialect::HadoopXml),
            (System::Redis, "port: 1", Dialect::Redis),
            (System::Etcd, "a=b", Dialect::Yaml),
        ] {
            assert_eq!(system.dialect_of(text), dialect, "{system} {text}");
        }
    }

    #[test]
    fn each_system_has_its_own_words_for_yes_and_no() {
        for (system, value, truth) in [
            (System::Hdfs, "TRUE", Some(true)),
            (System::Hdfs, "yes", None),
            (System::Redis, "no", Some(false)),
            (System::Postgresql, "1", Some(true)),
            (System::Django, "True", Some(true)),
            (System::Django, "true", None),
        ] {
            assert_eq!(system.truth(value), truth, "{system} {value}");
        }
    }
}
