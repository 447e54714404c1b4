//! `--llm`: a language model to be asked, and the environment that it needs.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args as ClapArgs;
use seatrial_core::duration;
use seatrial_gate::opinion::{Key, Model, url_of};

use crate::output::Failure;

/// The environment variable with the key to an endpoint.
const KEY: &str = "SEATRIAL_LLM_KEY";

#[derive(Debug, ClapArgs)]
pub(crate) struct ModelArgs {
    /// Ask the language model behind this address for its opinion, too: any endpoint that speaks
    /// `POST URL/v1/chat/completions`. Opinions are notes and never fail a run. Parameters and values
    /// are sent there, secrets left out; a key is read from `SEATRIAL_LLM_KEY`.
    #[arg(long, value_name = "URL", requires = "model")]
    pub(crate) llm: Option<String>,
    /// The name of the language model.
    #[arg(long, value_name = "NAME", requires = "llm")]
    pub(crate) model: Option<String>,
    /// How often the language model is asked each question; more than half of the answers must agree.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=99))]
    pub(crate) llm_samples: u32,
    /// How long one answer of the language model may take.
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = duration)]
    pub(crate) llm_timeout: Duration,
    /// How long all answers of the language model may take.
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = duration)]
    pub(crate) llm_time_limit: Duration,
    /// Where results and answers of the language model are kept, so that nothing is checked or asked
    /// twice [default: `$XDG_CACHE_HOME/seatrial`, else `~/.cache/seatrial`].
    #[arg(long, value_name = "DIR")]
    pub(crate) cache_dir: Option<PathBuf>,
}

/// The language model to ask, if there is one.
pub(crate) fn model(args: &ModelArgs) -> Result<Option<Model>, Failure> {
    let (Some(url), Some(name)) = (&args.llm, &args.model) else { return Ok(None) };
    let url = url_of(url).map_err(|why| Failure::new(format!("--llm: {why}")))?;
    let key = std::env::var(KEY).ok().map(|key| key.trim().to_owned());
    Ok(Some(Model {
        url,
        name: name.clone(),
        key: key.filter(|key| !key.is_empty()).map(Key::new),
        samples: args.llm_samples,
        timeout: args.llm_timeout,
        time_limit: args.llm_time_limit,
        cache: cache(args),
    }))
}

/// Where results are kept.
pub(crate) fn cache(args: &ModelArgs) -> Option<PathBuf> {
    args.cache_dir.clone().or_else(default_cache)
}

/// Where answers are kept by the XDG base directory specification.
fn default_cache() -> Option<PathBuf> {
    let folder = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = folder("XDG_CACHE_HOME").or_else(|| folder("HOME").map(|home| home.join(".cache")));
    base.map(|base| base.join("seatrial"))
}
