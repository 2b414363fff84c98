//! Whatever a program writes to its standard output.

use super::{
    DumpContext, DumpFailure, DumpFile, ending::Ending, names::Names, program::Program, tools,
};
use latarnik_destinations::Secret;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, path::PathBuf};

/// Shorter values are switches, not secrets, and would hide half of what a program says.
const SHORTEST_SECRET: usize = 4;

/// A program whose standard output is the dump.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommandSettings {
    /// Name of the file in the snapshot, below `command/`.
    pub name: String,
    /// The program: an absolute path, or a name that is looked for in the search path.
    pub program: PathBuf,
    /// Its arguments, each handed over as it is. There is no shell.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arguments: Vec<String>,
    /// Where it works; the temporary folder unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub working_folder: Option<PathBuf>,
    /// Variables besides the few that every program gets. Their values are hidden in messages.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub environment: BTreeMap<String, Secret>,
    /// Exit codes that mean success.
    #[serde(default = "success", skip_serializing_if = "is_success")]
    pub exit_codes: Vec<i32>,
    /// Whether it may write nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub may_be_empty: bool,
}

fn success() -> Vec<i32> {
    vec![0]
}

fn is_success(codes: &Vec<i32>) -> bool {
    *codes == success()
}

impl CommandSettings {
    pub(super) fn files(&self, context: &DumpContext) -> Result<Vec<DumpFile>, DumpFailure> {
        let name = Names::below("command", None).next(&self.name, "");
        let path = tools::find_program(&self.program)?;
        let folder = match &self.working_folder {
            Some(folder) => folder.clone(),
            None => context.temporary_folder.clone(),
        };
        if self.working_folder.is_some() && !folder.is_dir() {
            let why = format!("{} is no folder", folder.display());
            return Err(DumpFailure::invalid_settings(why));
        }
        let (settings, context) = (self.clone(), context.clone());
        let open = move || {
            std::fs::create_dir_all(&context.temporary_folder).map_err(DumpFailure::of_file)?;
            let mut program = Program::new(path);
            program
                .args(&settings.arguments)
                .working_folder(&folder)
                .exit_codes(settings.exit_codes)
                .ending(match settings.may_be_empty {
                    true => Ending::Anything,
                    false => Ending::NotEmpty,
                });
            for (name, value) in &settings.environment {
                program.env(name, value.reveal());
                if value.reveal().len() >= SHORTEST_SECRET {
                    program.hide(value.reveal());
                }
            }
            Ok(Box::new(program.start(&context)?) as _)
        };
        Ok(vec![DumpFile::new(name, open)])
    }
}
