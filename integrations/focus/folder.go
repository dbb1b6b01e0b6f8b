package focus

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// bills lists the files below a folder that may be bills, by their names below it, in order, and what is ignored.
func bills(path string) (names []string, ignored []Ignored, err error) {
	// The folder may be a link; what is in it must not lead out of it.
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return nil, nil, fmt.Errorf("listing bills: %w", err)
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, nil, fmt.Errorf("listing bills: %w", err)
	}
	defer root.Close()
	err = filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(path, p)
		if err != nil || name == "." {
			return err
		}
		why := notBill(d.Name(), d.IsDir())
		switch {
		case d.IsDir() && why != "":
			ignored = append(ignored, Ignored{filepath.ToSlash(name) + "/", why})
			return fs.SkipDir
		case d.IsDir():
		case why != "":
			ignored = append(ignored, Ignored{filepath.ToSlash(name), why})
		case !regular(root, name, d):
			ignored = append(ignored, Ignored{filepath.ToSlash(name), "no regular file, or a link out of the folder"})
		default:
			names = append(names, filepath.ToSlash(name))
		}
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("listing bills: %w", err)
	}
	slices.Sort(names)
	return names, ignored, nil
}

// regular reports whether an entry is a file, or a link to one in the folder.
func regular(root *os.Root, name string, d fs.DirEntry) bool {
	if d.Type()&fs.ModeSymlink == 0 {
		return d.Type().IsRegular()
	}
	info, err := root.Stat(name)
	return err == nil && info.Mode().IsRegular()
}

// open opens a file of a folder, and nothing else, whatever has become of it since it was listed. Without a folder it opens the path that name is.
func open(folder, name string) (*os.File, error) {
	if folder == "" {
		return os.Open(name)
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	info, err := root.Stat(name)
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no file any more", name)
	}
	if err != nil {
		return nil, err
	}
	return root.Open(name)
}

// notBill says why a file or folder of this name is not read; "" when it is.
func notBill(name string, dir bool) string {
	lower := strings.ToLower(name)
	hidden := strings.HasPrefix(lower, ".") || strings.HasPrefix(lower, "_")
	if dir {
		if hidden {
			return "hidden or temporary"
		}
		return ""
	}
	for _, end := range []string{".tmp", ".temp", ".part", ".partial", ".inprogress", ".crdownload", ".filepart", ".swp", "~"} {
		if strings.HasSuffix(lower, end) {
			return "being written"
		}
	}
	if hidden {
		return "hidden or temporary"
	}
	for _, end := range []string{".csv", ".csv.gz", ".gz", ".parquet", ".parq"} {
		if strings.HasSuffix(lower, end) {
			return ""
		}
	}
	return "no .csv, .csv.gz or .parquet"
}
