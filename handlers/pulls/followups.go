package pulls

import (
	"regexp"
	"strings"
)

// A form is one way to ask a follow-up question. The whole sentence has to match, so that chatter about the same things does not.
type form struct {
	command string
	asks    bool           // only with a question mark: without it, it is as likely a statement
	match   *regexp.Regexp // a group, if it has one, is a path
}

const (
	aboutIt   = `(?:it|this|that|(?:this|the|that) (?:pr|pull request|change|one|patch|diff))`
	somePath  = "(?:the )?[\"'`]?([^\\s\"'`?]+)[\"'`]?"
	theChecks = `(?:(?:the |all |these |those )*(?:ci|checks?|builds?|tests?|pipeline))`
	ofIt      = `(?: (?:of|for|in|on|about) ` + aboutIt + `)?`
)

// forms are what people say in a thread about a pull request without addressing the bot. They are in lower case and without what politeness
// leaves out anyway.
var forms = []form{
	{"summarize", false, regexp.MustCompile(`^(?:summari[sz]e|summary|sum up|tl;?dr)(?: ` + aboutIt + `)?$|^sum ` + aboutIt + ` up$|^what(?:'s| is| was) ` + aboutIt + ` about$|^what does ` + aboutIt + ` do$|` +
		`^(?:give me )?(?:(?:a|the) )?(?:(?:short|quick|brief) )?(?:summary|tl;?dr)` + ofIt + `$`)},
	{"summarize", true, regexp.MustCompile(`^what(?:'s| is) in ` + aboutIt + `$|^how (?:big|large) is ` + aboutIt + `$`)},
	{"risk", false, regexp.MustCompile(`^risks?` + ofIt + `$|^how (?:risky|dangerous)(?: is ` + aboutIt + `)?$|^is ` + aboutIt + ` (?:risky|dangerous)(?: to merge)?$|^(?:what|how)(?:'s| is| are) the risks?` + ofIt + `$|` +
		`^why(?: is)?(?: ` + aboutIt + `)? (?:so )?(?:risky|(?:high|medium|low)(?: risk)?)$|^why (?:is )?the risk(?: is)?(?: so)?(?: high| medium| low)?$|^why risky$|^what makes ` + aboutIt + ` (?:so )?risky$|^risk (?:level|score|reasons?)` + ofIt + `$|` +
		`^explain the risks?` + ofIt + `$`)},
	{"risk", true, regexp.MustCompile(`^any(?:thing)? (?:risks?|risky)(?: here)?` + ofIt + `$|^what(?:'s| is) (?:so )?risky` + ofIt + `$|^is ` + aboutIt + ` safe(?: to merge)?$|^(?:any|are there(?: any)?) breaking changes` + ofIt + `$|^is ` + aboutIt + ` breaking$`)},
	{"files", false, regexp.MustCompile(`^(?:list |show )?(?:me )?(?:the )?(?:changed )?files` + ofIt + `$|^(?:what|which) files(?: (?:changed|(?:are|were) (?:changed|touched)|does ` + aboutIt + ` (?:change|touch)|did ` + aboutIt + ` (?:change|touch)|are in ` + aboutIt + `))?$|^files(?: in| under)? ` + somePath + `$`)},
	{"files", false, regexp.MustCompile(`^(?:list|show)(?: me)?(?: (?:only|just|all))?(?: the)?(?: changed)? (\S+) files` + ofIt + `$|^(?:what|which) (\S+) files(?: (?:are|were))? (?:changed|touched)$`)},
	{"files", true, regexp.MustCompile(`^(?:any |which |what )?(\S+) files` + ofIt + `$`)},
	{"files", true, regexp.MustCompile(`^files changed$|^how many files(?: changed| (?:does|did) ` + aboutIt + ` (?:change|touch))?$`)},
	{"changed", false, regexp.MustCompile(`^what(?:'s|s| has| is| was| did)? change[sd]?(?: (?:in|inside|under|to) ` + aboutIt + `| here)?$|^what(?:'s|s| has| is| was| did)? change[sd]? (?:in|inside|under|to) ` + somePath + `(?: file| folder)?$|` +
		`^what (?:did|does) ` + aboutIt + ` change (?:in|inside|under) ` + somePath + `$|^what(?:'s| is) (?:new|different) in ` + somePath + `$|^show (?:me )?(?:the )?(?:diff|changes|patch)$|^show (?:me )?(?:what changed in )?` + somePath + `$|` +
		`^(?:show )?(?:me )?(?:the )?(?:diff|changes|patch)(?: (?:in|of|for|to|on))? ` + somePath + `$|^show (?:me )?changed(?: in)? ` + somePath + `$`)},
	{"changed", true, regexp.MustCompile(`^changed(?: in)? ` + somePath + `$|^what about ` + somePath + `$|^any changes (?:in|to|under) ` + somePath + `$|^(?:did|does) ` + aboutIt + ` (?:change|touch) ` + somePath + `$`)},
	{"since", false, regexp.MustCompile(`^what(?:'s| is| has| was)?(?: new| changed| different)? (since (?:last time|last|the last (?:time|summary)|my (?:last )?review|i (?:last )?reviewed(?: it)?|[0-9a-f]{7,40}))$|^(?:changes|changed|anything new) (since (?:last time|last|my (?:last )?review|[0-9a-f]{7,40}))$`)},
	{"deps", false, regexp.MustCompile(`^(?:deps|dependencies)` + ofIt + `$|^(?:any|what|which|what about|list) (?:new |changed |the )?(?:deps|dependencies|dep(?:endency)? (?:changes|bumps|updates))(?: changed| (?:does|did) ` + aboutIt + ` (?:add|change|bump|touch))?` + ofIt + `$|` +
		`^does ` + aboutIt + ` (?:add|change|bump) (?:any )?(?:new )?(?:deps|dependencies)$`)},
	{"deps", true, regexp.MustCompile(`^are there (?:any )?(?:new )?(?:deps|dependencies)` + ofIt + `$|^did (?:any|the) (?:deps|dependencies) change` + ofIt + `$`)},
	{"api", false, regexp.MustCompile(`^(?:public )?api` + ofIt + `$|^(?:what|which|any|show|show me|list)?(?: the)? ?(?:public )?api changes` + ofIt + `$|^what changed in the (?:public )?api$|^(?:does|did) ` + aboutIt + ` (?:change|break) (?:the|any) (?:public )?api$`)},
	{"api", true, regexp.MustCompile(`^(?:are|were) there (?:any )?(?:public )?api changes` + ofIt + `$|^is the (?:public )?api (?:changed|broken)$`)},
	{"tests", false, regexp.MustCompile(`^tests` + ofIt + `$|^(?:any|what about|show|show me|list)(?: the| new)? tests` + ofIt + `$|^(?:is|was) ` + aboutIt + ` tested$|^(?:are there|does ` + aboutIt + ` (?:have|add|include|touch|come with)) (?:any )?(?:new )?tests` + ofIt + `$|^which tests (?:changed|were (?:added|removed))$`)},
	{"tests", true, regexp.MustCompile(`^no tests` + ofIt + `$|^where are the tests` + ofIt + `$|^were (?:any |new )?tests (?:added|removed|changed)$|^did ` + aboutIt + ` add (?:any )?tests$`)},
	{"ci", false, regexp.MustCompile(`^why (?:is|was|are|were) (?:` + aboutIt + `|` + theChecks + `) (?:so |still |all )?(?:red|failing|broken)` + ofIt + `$|^why (?:did|does|do) (?:` + theChecks + `|it) (?:fail|break)` + ofIt + `$|^why (?:red|failing)$|` +
		`^(?:which|what) (?:checks?|builds?|tests) (?:are |is |were |was )?(?:failed|fails|fail|failing|red|broken|running|missing)` + ofIt + `$|^(?:show |list )(?:me )?(?:the )?(?:failed |failing )?checks` + ofIt + `$|^(?:what|which) broke ` + theChecks + `$`)},
	{"ci", true, regexp.MustCompile(`^(?:the )?(?:ci|checks|builds?)(?: status)?` + ofIt + `$|^(?:is|are) (?:` + aboutIt + `|` + theChecks + `) (?:all |still )?(?:green|red|passing|failing|broken)(?: now| yet)?$|^(?:did|do) ` + theChecks + ` (?:pass|fail)` + ofIt + `$|` +
		`^(?:how are|how's|how is|what about) ` + theChecks + `$|^what(?:'s| is) (?:red|failing|broken)` + ofIt + `$|^what failed` + ofIt + `$`)},
	{"owners", false, regexp.MustCompile(`^(?:code ?)?owners?` + ofIt + `$|^who(?:'s| is| are)? (?:the )?(?:code ?)?owners?` + ofIt + `$|^who owns (?:` + aboutIt + `|these files|the files|(?:this|the) code)$`)},
	{"owners", true, regexp.MustCompile(`^who (?:should|can|must|has to|needs to) (?:review|approve) ` + aboutIt + `$`)},
	{"reviews", false, regexp.MustCompile(`^reviews?` + ofIt + `$|^whose turn(?: is it)?` + ofIt + `$|^who(?:'s| is| are| has)? (?:reviewing|reviewed|approved)(?: ` + aboutIt + `)?$|^who (?:are we|is ` + aboutIt + `) waiting for$|^(?:what|who)(?:'s| is) blocking ` + aboutIt + `$`)},
	{"reviews", true, regexp.MustCompile(`^is ` + aboutIt + ` (?:approved|reviewed|ready(?: to (?:merge|go))?|mergeable)$|^can (?:i|we) merge(?: ` + aboutIt + `)?$|^(?:any|open|unresolved) (?:reviews|threads|comments)` + ofIt + `$|^what(?:'s| is) (?:missing|left)$`)},
	{"overlap", false, regexp.MustCompile(`^(?:any |show (?:me )?(?:the )?|list (?:the )?|what )?(?:overlaps?|similar (?:prs|pull requests))` + ofIt + `$|^(?:what|which) (?:other )?(?:prs|pull requests) (?:conflict|overlap)(?: with ` + aboutIt + `)?$`)},
	{"overlap", true, regexp.MustCompile(`^(?:any|are there(?: any)?) (?:conflicts|conflicting (?:prs|pull requests)|similar (?:prs|pull requests)|other (?:prs|pull requests) like ` + aboutIt + `)` + ofIt + `$|^does (?:any other (?:pr|pull request) |anything )(?:conflict|overlap) with ` + aboutIt + `$|^does ` + aboutIt + ` (?:conflict|overlap) with (?:anything|another (?:pr|pull request)|other (?:prs|pull requests))$`)},
	{"hot", false, regexp.MustCompile(`^how (?:hot|often changed) (?:is|are) (?:` + aboutIt + `|these files|the files)$|^how often do (?:these|the) files change$|^hot files` + ofIt + `$`)},
	{"details", false, regexp.MustCompile(`^(?:(?:show|more|all|give)(?: me)?(?: the)? )?details` + ofIt + `$|^tell me more about ` + aboutIt + `$`)},
}

// toPeople is what people ask each other for in words that would be a question about the reviews.
var toPeople = regexp.MustCompile(`(?i)\breview(?:\W+(?:please|pls|again|now|then|though|thanks|thx))*\W*$|^\W*(?:can|could|may) (?:i|we) .*\breviews\b|^\W*any comments\W*$`)

var (
	politeBefore = regexp.MustCompile(`^(?:(?:and|so|ok|okay|hey|hi|please|pls|now|also|then|but|hm+)[,:]? |(?:can|could|would|will) you (?:please )?|(?:can|could|may) (?:i|we) (?:please )?(?:see|get|have) )+`)
	politeAfter  = regexp.MustCompile(`(?:,? (?:please|pls|again|now|then|though|thanks|thx))+$`)
	danglingWord = regexp.MustCompile(` (?:of|for|in|on|about)$`)
	version      = regexp.MustCompile(`^v?\d+(?:\.\d+)*$`)
)

// followUp finds the command that a question without a command's name means, and the path that it is about. Statements, questions to people
// and whatever is longer than a question are none.
func followUp(text string) (command, args string, ok bool) {
	const longest = 200
	if len(text) > longest || strings.ContainsAny(text, "\n\r") {
		return "", "", false
	}
	said := strings.NewReplacer("’", "'", "“", `"`, "”", `"`).Replace(strings.TrimSpace(text))
	bare := strings.TrimRight(said, "?!. ")
	asked := strings.Contains(said[len(bare):], "?")
	said = bare
	said = strings.Join(strings.Fields(said), " ")
	lower := strings.ToLower(said)
	if len(lower) != len(said) {
		return "", "", false // a script in which lower case has another length: none of the forms
	}
	cut := len(politeBefore.FindString(lower))
	lower, said = lower[cut:], said[cut:]
	if i := politeAfter.FindStringIndex(lower); i != nil {
		lower, said = lower[:i[0]], said[:i[0]]
	}
	if command, args, ok = match(said, lower, asked); ok {
		return command, args, true
	}
	if i := danglingWord.FindStringIndex(lower); i != nil { // "the risk of #12", without its reference
		return match(said[:i[0]], lower[:i[0]], asked)
	}
	return "", "", false
}

// match finds the form of a sentence. said and lower differ in case only; asked says that it ended in a question mark.
func match(said, lower string, asked bool) (command, args string, ok bool) {
	for _, f := range forms {
		m := f.match.FindStringSubmatchIndex(lower)
		if m == nil || f.asks && !asked {
			continue
		}
		args = ""
		for g := 2; g < len(m); g += 2 {
			if m[g] >= 0 {
				args = said[m[g]:m[g+1]]
			}
		}
		if args != "" && f.command != "since" && !pathLike(args) && (f.command != "files" || ofKind(strings.ToLower(args)) == nil) {
			continue
		}
		if f.command == "changed" && args == "" && !asked && lower != "what changed" && !strings.HasPrefix(lower, "show") {
			continue
		}
		return f.command, args, true
	}
	return "", "", false
}

// pathLike reports whether a word is a path, a glob or a file's name rather than a word or a version.
func pathLike(s string) bool {
	s = strings.Trim(s, "`'\",;:")
	if version.MatchString(s) || strings.Contains(s, "://") || strings.Contains(s, "...") {
		return false
	}
	lower := strings.ToLower(base(s))
	return strings.ContainsAny(s, "*/") && strings.Trim(s, "*/") != "" || extension(s) != "" && len(extension(s)) <= 10 || strings.HasPrefix(lower, ".") && len(lower) > 2 ||
		configNames[lower] || lower == "dockerfile" || lower == "readme" || lower == "license" || lower == "changelog" || lower == "jenkinsfile"
}
