package ledger

import (
	"slices"
	"strings"
)

// In a Key's Tags, "%", "," and "=" of names and values are written as %25, %2C and %3D.
func escapeTag(s string) string {
	if !strings.ContainsAny(s, "%,=") {
		return s
	}
	return strings.NewReplacer("%", "%25", ",", "%2C", "=", "%3D").Replace(s)
}

func unescapeTag(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	return strings.NewReplacer("%25", "%", "%2C", ",", "%3D", "=").Replace(s)
}

// SplitTags takes the Tags of a Key apart, in their order.
func SplitTags(tags string) (names, values []string) {
	for pair := range strings.SplitSeq(tags, ",") {
		if name, value, ok := strings.Cut(pair, "="); ok {
			names, values = append(names, unescapeTag(name)), append(values, unescapeTag(value))
		}
	}
	return names, values
}

// Tag is the value of one of the chosen tags; None when the charges had none.
func (k Key) Tag(name string) string {
	name = escapeTag(cut(name))
	for pair := range strings.SplitSeq(k.Tags, ",") {
		if n, value, ok := strings.Cut(pair, "="); ok && n == name {
			return unescapeTag(value)
		}
	}
	return None
}

// project leaves only the tags that are chosen now, in their order: a bill may have been read when others were.
func project(tags string, chosen []string) string {
	if tags == "" {
		return ""
	}
	pairs := strings.Split(tags, ",")
	kept := make([]string, 0, len(pairs))
	for _, name := range chosen {
		i := slices.IndexFunc(pairs, func(pair string) bool { return strings.HasPrefix(pair, escapeTag(cut(name))+"=") })
		if i >= 0 {
			kept = append(kept, pairs[i])
		}
	}
	return strings.Join(kept, ",")
}
