package awscost

import (
	"fmt"
	"testing"

	sandbox "shipmate/sandbox/aws"
)

// BenchmarkDaily reads 14 days of a bill of 20 accounts and 50 services, as a daily reading does, the stand-in's work included.
func BenchmarkDaily(b *testing.B) {
	var rows []sandbox.Row
	for d := today() - 14; d < today(); d++ {
		for a := range 20 {
			for s := range 50 {
				rows = append(rows, sandbox.Row{
					Day: d.String(), Account: fmt.Sprintf("%012d", a), Service: fmt.Sprintf("Service %d", s), Region: fmt.Sprintf("region-%d", (a+s)%6), RecordType: "Usage",
					Unblended: 1_234_567_891, Amortized: 1_234_567_891, Tags: map[string]string{"team": fmt.Sprint(s % 9)},
				})
			}
		}
	}
	server, c := stand(b, sandbox.Options{PageSize: 5000}, Options{Tags: []string{"team"}, Budget: 1 << 30})
	server.SetRows(rows)
	for b.Loop() {
		if _, err := c.Daily(b.Context(), today()-14, today()); err != nil {
			b.Fatal(err)
		}
	}
}
