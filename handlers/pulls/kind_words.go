package pulls

import (
	"maps"
	"slices"
	"strings"
)

// gitmojis are the emoji that begin titles by the convention of gitmoji.dev, as character and as code, and the type each stands for.
var gitmojis = map[string]string{
	"✨": "feat", ":sparkles:": "feat", "🎉": "feat", ":tada:": "feat", "🚸": "feat", ":children_crossing:": "feat", "🔊": "feat", ":loud_sound:": "feat",
	"🐛": "fix", ":bug:": "fix", "🚑": "fix", ":ambulance:": "fix", "🩹": "fix", ":adhesive_bandage:": "fix", "🥅": "fix", ":goal_net:": "fix",
	"📝": "docs", ":memo:": "docs", "💡": "docs", ":bulb:": "docs", "🌐": "docs", ":globe_with_meridians:": "docs",
	"♻": "refactor", ":recycle:": "refactor", "🎨": "refactor", ":art:": "refactor", "🔥": "refactor", ":fire:": "refactor", "⚰": "refactor", ":coffin:": "refactor",
	"🚚": "refactor", ":truck:": "refactor", "🏷": "refactor", ":label:": "refactor", "🗑": "refactor", ":wastebasket:": "refactor",
	"⚡": "perf", ":zap:": "perf", "✅": "test", ":white_check_mark:": "test", "🧪": "test", ":test_tube:": "test",
	"👷": "ci", ":construction_worker:": "ci", "💚": "ci", ":green_heart:": "ci", "🚀": "release", ":rocket:": "release", "🔖": "release", ":bookmark:": "release",
	"⬆": "deps", ":arrow_up:": "deps", "⬇": "deps", ":arrow_down:": "deps", "➕": "deps", ":heavy_plus_sign:": "deps", "➖": "deps", ":heavy_minus_sign:": "deps",
	"📌": "deps", ":pushpin:": "deps", "🔧": "config", ":wrench:": "config", "🔨": "build", ":hammer:": "build", "🔒": "security", ":lock:": "security",
	"🚨": "style", ":rotating_light:": "style",
}

// gitmojiType reads the emoji that a title begins with; "" when it begins with none that has a meaning.
func gitmojiType(title string) string {
	word, _, _ := strings.Cut(strings.TrimSpace(title), " ")
	return gitmojis[strings.TrimSuffix(word, "\ufe0f")]
}

// verbs are the words that subjects begin with, in their base form, by the type they stand for. Update, change, improve and the like stand for none.
var verbs = wordTypes(map[string]string{
	"feat": `add implement introduce support allow enable create provide include expose make new print show display automate expand accept generate link
		warn log auto offer feature`,
	"fix": `fix correct prevent avoid ensure handle resolve repair don't do stop ignore skip respect recognize recognise preserve restore validate verify escape
		disable throw return reset always only never no gracefully explicitly honor honour retry`,
	"refactor": `remove delete drop refactor rename move extract simplify clean cleanup rewrite replace reorganize reorganise migrate split inline use convert switch
		encapsulate eliminate consolidate unify reuse deprecate removal rework restructure reformat format tidy modernize unexport relax genericize`,
	"deps": "bump upgrade", "docs": "document clarify", "perf": "optimize optimise speed cache", "test": "test", "revert": "revert", "release": "release",
})

// tellingWords stand for a type wherever they are in a title.
var tellingWords = wordTypes(map[string]string{
	"fix":      "fix fixes fixed bug bugs bugfix crash crashes panic hang hangs regression leak race broken typo typos spelling misspelled misspelling workaround",
	"refactor": "refactor refactors refactoring cleanup cleanups readability unused redundant unnecessary consistent consistency simplification quality",
	"perf":     "performance faster speedup",
	"deps":     "bump bumps autoupdate",
})

func wordTypes(byType map[string]string) map[string]string {
	types := map[string]string{}
	for _, kind := range slices.Sorted(maps.Keys(byType)) { // a word that stands twice means the same at each start
		for w := range strings.FieldsSeq(byType[kind]) {
			types[w] = kind
		}
	}
	return types
}

// typeOfWords tells from the verb that a subject begins with, or that begins what follows its "part: ", else from a telling word in it.
func typeOfWords(subject string) string {
	subject = strings.ToLower(subject)
	if before, after, ok := strings.Cut(subject, ": "); ok && len(strings.Fields(before)) <= 4 {
		if verb, _, more := strings.Cut(before, " "); !more || typeOfVerb(verb) == "" {
			subject = after
		}
	}
	for n, word := range enumerate(strings.FieldsSeq(subject)) {
		word = strings.Trim(word, "[]():,.;!*\"'")
		if n == 0 {
			if kind := typeOfVerb(word); kind != "" {
				return kind
			}
		}
		if kind := tellingWords[word]; kind != "" {
			return kind
		}
	}
	return ""
}

// typeOfVerb knows a verb in all its forms: "drop", "drops", "dropped", "dropping".
func typeOfVerb(word string) string {
	for _, ending := range []string{"", "s", "es", "d", "ed", "ing"} {
		stem, ok := strings.CutSuffix(word, ending)
		if !ok {
			continue
		}
		if kind := verbs[stem]; kind != "" {
			return kind
		}
		if kind := verbs[stem+"e"]; kind != "" && ending == "ing" {
			return kind
		}
		if n := len(stem); n > 2 && stem[n-1] == stem[n-2] && len(ending) > 1 && verbs[stem[:n-1]] != "" {
			return verbs[stem[:n-1]]
		}
	}
	return ""
}
