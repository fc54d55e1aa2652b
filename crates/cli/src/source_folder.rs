//! The clone of Ostiary's repository, which builds the Worker and serves the local Secrets Store API.

use std::env;
#[cfg(unix)]
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use crate::shell::quoted;

/// The variable that names the clone.
pub const VARIABLE: &str = "OSTIARY_SOURCE";
/// The usual name of the clone, in the gateway's folder or beside it.
pub const USUAL: &str = "ostiary";
/// The clone that this command was compiled in.
const COMPILED_IN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// The folders of the clone with programs that commands run, and with what these programs import.
const FOLDERS: [&str; 2] = ["api", "scripts"];
/// The folder of the packages. The packages themselves are checked, and not every file in them.
const PACKAGES: &str = "node_modules";
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

/// Whether nobody but the user and root could have made the programs of the clone, and what they import from it.
#[cfg(unix)]
fn is_trusted(clone: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;

    /// In a folder with the sticky bit, others can only write files of their own.
    const STICKY: u32 = 0o1000;
    const GROUP: u32 = 0o020;
    const OTHERS: u32 = 0o002;
    let user = rustix::process::geteuid().as_raw();
    let is_own = |path: &Path| {
        path.metadata().is_ok_and(|known| {
            // By convention, a group with the user's own number has no other members.
            let is_own_group = known.gid() == user;
            let writable = if is_own_group { OTHERS } else { GROUP | OTHERS };
            let is_open = known.mode() & writable != 0 && !(known.is_dir() && known.mode() & STICKY != 0);
            (known.uid() == user || known.uid() == 0) && !is_open
        })
    };
    // A file may be a link to another folder.
    let is_safe = |path: &Path| match path.canonicalize() {
        Ok(path) => path.ancestors().all(is_own),
        Err(error) => error.kind() == ErrorKind::NotFound,
    };
    let packages = clone.join(PACKAGES);
    let is_packaged = is_safe(&packages.join(".bin")) && entries(&packages).iter().all(|path| is_safe(path));
    is_safe(clone)
        && is_safe(&clone.join("Makefile"))
        && is_safe(&clone.join(NODE))
        && is_safe(&packages)
        && is_packaged
        && FOLDERS.iter().all(|folder| all_below(&clone.join(folder), &is_safe))
}

/// Whether the folder and everything below it is like this.
#[cfg(unix)]
fn all_below(path: &Path, is_safe: &impl Fn(&Path) -> bool) -> bool {
    // A link is not followed; what it leads to is checked.
    let is_folder = path.symlink_metadata().is_ok_and(|known| known.is_dir());
    is_safe(path) && (!is_folder || entries(path).iter().all(|entry| all_below(entry, is_safe)))
}

/// The entries of a folder; none if it is missing.
#[cfg(unix)]
fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = folder.read_dir().into_iter().flatten();
    entries.filter_map(|entry| Some(entry.ok()?.path())).collect()
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
    let program = program.unwrap_or_else(|| wrangler(Path::new(USUAL)));
    quoted(&program.to_string_lossy())
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
        // What a program imports is run too.
        let imported = planted.join("api/parts/server.mjs");
        fs::create_dir_all(imported.parent().unwrap()).unwrap();
        fs::write(&imported, "").unwrap();
        let package = planted.join("node_modules/miniflare");
        fs::create_dir_all(&package).unwrap();
        fs::write(planted.join("Makefile"), "").unwrap();
        let makefile = planted.join("Makefile");
        for open in [&root, &planted, &planted.join("api/run.mjs"), &imported, &package, &makefile] {
            allow(open, 0o777);
            assert_eq!(find(&gateway), elsewhere, "{}", open.display());
            allow(open, 0o755);
        }
        assert_eq!(find(&gateway).as_ref(), Some(&planted));
        allow(&root, 0o1777);
        assert_eq!(find(&gateway).as_ref(), Some(&planted), "files of one's own, in a folder such as /tmp");
        // Only root can give a file away.
        if rustix::process::geteuid().is_root() {
            chown(&imported, None, Some(12345)).unwrap();
            assert_eq!(find(&gateway).as_ref(), Some(&planted), "the group cannot write");
            allow(&imported, 0o775);
            assert_eq!(find(&gateway), elsewhere);
            chown(&imported, None, Some(0)).unwrap();
            assert_eq!(find(&gateway).as_ref(), Some(&planted), "the user's own group");
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
