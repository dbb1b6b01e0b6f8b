package github

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
)

var (
	checkStatuses    = []string{"queued", "in_progress", "completed"}
	checkConclusions = []string{"success", "failure", "neutral", "cancelled", "skipped", "timed_out", "action_required"}
	annotationLevels = []string{"notice", "warning", "failure"}
)

// A checkWord is what a control request says of a check run.
type checkWord struct {
	Number      int          `json:"number"` // of the pull request whose head it is for
	Ref         string       `json:"ref"`    // or the branch whose tip it is for
	Name        string       `json:"name"`
	Status      string       `json:"status"` // "" is completed
	Conclusion  string       `json:"conclusion"`
	Title       string       `json:"title"`
	Summary     string       `json:"summary"`
	Annotations []annotation `json:"annotations"`
	Log         string       `json:"log"` // of its job; "" is none
}

// complete fills in what may be left out and says what is wrong with the rest.
func (in *checkWord) complete() error {
	in.Status = cmp.Or(in.Status, "completed")
	switch {
	case in.Name == "":
		return refuse(http.StatusBadRequest, "A check run needs a name.")
	case !slices.Contains(checkStatuses, in.Status):
		return refuse(http.StatusBadRequest, "The status must be one of %s.", strings.Join(checkStatuses, ", "))
	case in.Status == "completed" && !slices.Contains(checkConclusions, in.Conclusion):
		return refuse(http.StatusBadRequest, "The conclusion must be one of %s.", strings.Join(checkConclusions, ", "))
	case in.Status != "completed" && in.Conclusion != "":
		return refuse(http.StatusBadRequest, "Only a completed check run has a conclusion.")
	}
	for i := range in.Annotations {
		a := &in.Annotations[i]
		a.Level, a.EndLine = cmp.Or(a.Level, "failure"), max(a.EndLine, a.StartLine)
		if a.Path == "" || a.StartLine < 1 || !slices.Contains(annotationLevels, a.Level) {
			return refuse(http.StatusBadRequest, "An annotation needs a path, a start_line from 1, and one of the levels %s.", strings.Join(annotationLevels, ", "))
		}
	}
	return nil
}

func (s *Server) controlCheckRun(r *http.Request, x *index) (any, error) {
	var in checkWord
	if err := read(r, &in); err != nil {
		return nil, err
	}
	commit, err := s.checked(r, x, in)
	if err != nil {
		return nil, err
	}
	if err := in.complete(); err != nil {
		return nil, err
	}
	run := s.store.addCheck(checkRun{
		Commit: commit, Name: in.Name, Status: in.Status, Conclusion: in.Conclusion,
		Title: in.Title, Summary: in.Summary, Annotations: in.Annotations,
	})
	if in.Log != "" {
		s.SetJobLog(run.ID, in.Log)
	}
	return doc{"id": run.ID}, nil
}

// checked returns the commit that a check run is for.
func (s *Server) checked(r *http.Request, x *index, in checkWord) (string, error) {
	if in.Ref != "" {
		if id := x.refs.resolve(in.Ref); id != "" {
			return id, nil
		}
		return "", refuse(http.StatusNotFound, "There is no branch %q.", in.Ref)
	}
	p, err := x.known(in.Number)
	if err != nil {
		return "", err
	}
	d, err := s.reader.detailsOf(r.Context(), p)
	if err != nil {
		return "", err
	}
	return d.head.id, nil
}

func (s *Server) controlJobLog(r *http.Request, _ *index) (any, error) {
	var in struct {
		ID  int64  `json:"id"`
		Log string `json:"log"`
	}
	if err := read(r, &in); err != nil {
		return nil, err
	}
	if _, ok := s.store.check(in.ID); !ok {
		return nil, refuse(http.StatusNotFound, "There is no check run %d.", in.ID)
	}
	s.SetJobLog(in.ID, in.Log)
	return doc{"ok": true}, nil
}
