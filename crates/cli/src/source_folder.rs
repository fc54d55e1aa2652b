//! The clone of Ostiary's repository, which builds the Worker and serves the local Secrets Store API.

use std::env;
use std::path::{Component, Path, PathBuf};

use crate::shell::quoted;

/// The variable that names the clone.
pub const VARIABLE: &str = "OSTIARY_SOURCE";
/// The usual name of the clone, in the gateway's folder or beside it.
pub const USUAL: &str = "ostiary";
/// The clone that this command was compiled in.
const COMPILED_IN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// The programs of the clone that commands run.
const PROGRAMS: [&str; 4] = ["scripts/build-worker", "scripts/wrangler", "api/run.mjs", NODE];
/// The Node that the clone pins.
pub const NODE: &str = "node_modules/.bin/node";

/// Finds the clone for the gateway in `folder`: the one in [`VARIABLE`], the folder itself, `ostiary` in it, the same
/// for each parent folder, and last the clone in which this command was compiled.
///
/// Programs of the clone are run, so one that is found has to belong to the user or to root: anyone can make a folder
/// in `/tmp`, and in the parents of some projects.
pub fn find(folder: &Path) -> Option<PathBuf> {
    let named = env::var_os(VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from);
    if named.is_some() {
        return named.filter(|path| is_clone(path));
    }
    let near = folder.ancestors().flat_map(|ancestor| [ancestor.to_owned(), ancestor.join(USUAL)]);
    let clones = near.chain([PathBuf::from(COMPILED_IN)]).filter(|path| is_clone(path));
    clones.filter_map(|path| path.canonicalize().ok()).find(|path| is_trusted(path))
}

/// Whether nobody but the user and root could have made the programs of the clone.
#[cfg(unix)]
fn is_trusted(clone: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;

    /// Everyone can write; in a folder with the sticky bit, everyone can only write files of their own.
    const WRITABLE: u32 = 0o002;
    const STICKY: u32 = 0o1000;
    let user = rustix::process::geteuid().as_raw();
    let is_own = |path: &Path| {
        path.metadata().is_ok_and(|known| {
            let is_open = known.mode() & WRITABLE != 0 && !(known.is_dir() && known.mode() & STICKY != 0);
            (known.uid() == user || known.uid() == 0) && !is_open
        })
    };
    // A program may be a link to another folder.
    let programs = PROGRAMS.iter().filter_map(|program| clone.join(program).canonicalize().ok());
    programs.chain([clone.to_owned()]).all(|path| path.ancestors().all(is_own))
}

#[cfg(not(unix))]
fn is_trusted(_clone: &Path) -> bool {
    true
}

/// wrangler's program in the clone. It uses the clone's Node, because the machine's own may be too old for wrangler.
pub fn wrangler(clone: &Path) -> PathBuf {
    clone.join("scripts/wrangler")
}

/// The words that run wrangler in the current folder, for a shell.
pub fn wrangler_words() -> String {
    let folder = env::current_dir().unwrap_or_default();
    let program = find(&folder).map(|clone| wrangler(&path_from(&folder, &clone)));
    program.map_or_else(|| "npx wrangler".to_owned(), |program| quoted(&program.to_string_lossy()))
}

fn is_clone(folder: &Path) -> bool {
    folder.join("scripts/build-worker").is_file() && folder.join("api/run.mjs").is_file()
}

/// The path from `folder` to `target`, which are both absolute. It is relative if `target` is at most two folders
/// above, so that both can be moved together.
pub fn path_from(folder: &Path, target: &Path) -> PathBuf {
    const HIGHEST: usize = 2;
    for (up, ancestor) in folder.ancestors().enumerate().take(HIGHEST + 1) {
        if let Ok(rest) = target.strip_prefix(ancestor)
            && ancestor.components().any(|component| matches!(component, Component::Normal(_)))
        {
            return std::iter::repeat_n(Path::new(".."), up).chain([rest]).collect();
        }
    }
    target.to_owned()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn clone(folder: &Path) {
        for file in ["scripts/build-worker", "api/run.mjs"] {
            fs::create_dir_all(folder.join(file).parent().unwrap()).unwrap();
            fs::write(folder.join(file), "").unwrap();
        }
    }

    #[test]
    fn the_nearest_clone_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let gateway = root.join("gateways/mine");
        fs::create_dir_all(&gateway).unwrap();
        assert_eq!(find(&gateway), Path::new(COMPILED_IN).canonicalize().ok());
        for clone_of in [root.clone(), root.join("gateways/ostiary"), gateway.join("ostiary")] {
            clone(&clone_of);
            assert_eq!(find(&gateway), Some(clone_of));
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_clone_that_others_could_have_made_is_not_run() {
        use std::os::unix::fs::{PermissionsExt as _, chown};

        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let gateway = root.join("mine");
        fs::create_dir_all(&gateway).unwrap();
        let planted = root.join("ostiary");
        clone(&planted);
        assert_eq!(find(&gateway).as_ref(), Some(&planted));
        let elsewhere = Path::new(COMPILED_IN).canonicalize().ok();
        let allow = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        for open in [root.clone(), planted.clone(), planted.join("api/run.mjs")] {
            allow(&open, 0o777);
            assert_eq!(find(&gateway), elsewhere, "{}", open.display());
            allow(&open, 0o755);
        }
        allow(&root, 0o1777);
        assert_eq!(find(&gateway).as_ref(), Some(&planted), "files of one's own, in a folder such as /tmp");
        // Only root can give a file away.
        if rustix::process::geteuid().is_root() {
            chown(planted.join("api/run.mjs"), Some(12345), None).unwrap();
            assert_eq!(find(&gateway), elsewhere);
        }
    }

    #[test]
    fn a_clone_nearby_is_named_by_a_relative_path() {
        let from = |folder: &str, target: &str| {
            path_from(Path::new(folder), Path::new(target)).display().to_string()
        };
        assert_eq!(from("/home/me/mine", "/home/me/mine"), "");
        assert_eq!(from("/home/me/mine", "/home/me/mine/ostiary"), "ostiary");
        assert_eq!(from("/home/me/mine", "/home/me/ostiary"), "../ostiary");
        assert_eq!(from("/home/me/ostiary/gateways/mine", "/home/me/ostiary"), "../../");
        assert_eq!(from("/home/me/a/b/c", "/opt/ostiary"), "/opt/ostiary");
        assert_eq!(from("/tmp/x", "/opt/ostiary"), "/opt/ostiary");
    }
}
