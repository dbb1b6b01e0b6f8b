package bot

import "strings"

// typos returns how many slips of the hand turn want into typed, or -1 when they are too far apart to suggest one for the other. A slip is a
// letter too many, too few, wrong, or two neighbours swapped (the optimal string alignment distance). A beginning of at least three
// letters counts as one slip. One slip is allowed in short words, two from six letters on, three from nine.
func typos(typed, want string) int {
	a, b := []rune(typed), []rune(want)
	if len(a) >= 3 && strings.HasPrefix(want, typed) {
		return 1
	}
	allowed := 1
	switch n := max(len(a), len(b)); {
	case n >= 9:
		allowed = 3
	case n >= 6:
		allowed = 2
	case n < 3:
		return -1
	}
	if len(a) > 40 || len(a)-len(b) > allowed || len(b)-len(a) > allowed {
		return -1
	}
	if d := alignment(a, b); d <= allowed {
		return d
	}
	return -1
}

// alignment is the optimal string alignment distance, by the usual dynamic programme over prefixes.
func alignment(a, b []rune) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range a {
		row[0] = i + 1
		for j := range b {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(last[j+1]+1, row[j]+1, last[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
