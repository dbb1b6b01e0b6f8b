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
		case !regular(p, d):
			ignored = append(ignored, Ignored{filepath.ToSlash(name), "no regular file"})
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

// regular reports whether an entry is a file, or a link to one.
func regular(path string, d fs.DirEntry) bool {
	if d.Type()&fs.ModeSymlink == 0 {
		return d.Type().IsRegular()
	}
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
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
