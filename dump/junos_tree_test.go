package dump

import (
	"fmt"
	"strings"
	"testing"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

const (
	junosJSONRow = `{"attributes":{"junos:style":"brief"},"rt-destination":[{"data":"192.0.2.0/26"}],"rt-entry":[{"active-tag":[{"data":"*"}],"protocol-name":[{"data":"BGP"}],"local-preference":[{"data":"100"}],"as-path":[{"data":"65540 I"}],"nh":[{"to":[{"data":"192.0.2.1"}]}]}]}`
	junosXMLRow  = `<rt junos:style="brief"><rt-destination>192.0.2.0/26</rt-destination><rt-entry><active-tag>*</active-tag><protocol-name>BGP</protocol-name><local-preference>100</local-preference><as-path>65540 I</as-path><nh><to>192.0.2.1</to></nh></rt-entry></rt>`
)

// junosManyVRFs is one file of as many VRFs as are listed, the last of which has many rows.
func junosManyVRFs() string {
	var b strings.Builder
	b.WriteString(`{"route-information":[{"route-table":[`)
	for i := range reading.MaxVRFs {
		fmt.Fprintf(&b, `{"table-name":[{"data":"VRF%d.inet.0"}],"rt":[{}]},`, i)
	}
	b.WriteString(`{"table-name":[{"data":"last.inet.0"}],"rt":[{}` + strings.Repeat(",{}", 100_000) + `]}]}]}`)
	return b.String()
}

func TestWhatStandsInAJunosTree(t *testing.T) {
	table := func(rows string) string {
		return `{"table-name":[{"data":"inet.0"}],"hidden-route-count":[{"data":"0"}],"rt":[` + rows + `]}`
	}
	js := func(tables string) string { return `{"route-information":[{"route-table":[` + tables + `]}]}` }
	xm := func(rows string) string {
		return `<rpc-reply xmlns:junos="x"><route-information><route-table><table-name>inet.0</table-name><hidden-route-count>0</hidden-route-count>` + rows + `</route-table></route-information></rpc-reply>`
	}
	one, both := table(junosJSONRow), []rib.Family{rib.IPv4, rib.IPv6}
	with := func(old, instead string) string { return strings.Replace(js(one), old, instead, 1) }
	for _, tt := range []struct {
		name, text string
		src        reading.Source
		rows       int
		complete   rib.Completeness
		says       string
	}{
		{"a table of JSON", js(one), reading.Source{}, 1, "yes", ""},
		{"a table of XML", xm(junosXMLRow), reading.Source{}, 1, "yes", ""},
		{"an error behind a table", js(one)[:len(js(one))-1] + `,"rpc-error":[{"message":"timeout communicating with rpd"}]}`, reading.Source{}, 1, "no", "timeout communicating"},
		{"an error in a table", with(`"rt":`, `"xnm:error":[{"message":[{"data":"boom"}]}],"rt":`), reading.Source{}, 1, "no", "boom"},
		{"an error of the other node", `{"multi-routing-engine-results":[{"multi-routing-engine-item":[{"re-name":[{"data":"node0"}],` + js(one)[1:] + `,{"re-name":[{"data":"node1"}],"rpc-error":[{"message":[{"data":"no answer"}]}]}]}]}`, reading.Source{}, 1, "no", "no answer"},
		{"an error in a table of XML", xm(junosXMLRow + `<xnm:error><message>boom</message></xnm:error>`), reading.Source{}, 1, "no", "boom"},
		{"an error in a row of XML", xm(strings.Replace(junosXMLRow, "</rt-entry>", "</rt-entry><xnm:error><message>boom</message></xnm:error>", 1)), reading.Source{}, 1, "no", "boom"},
		{"an error behind a table of XML", strings.Replace(xm(junosXMLRow), "</rpc-reply>", "<rpc-error><error-message>timeout</error-message></rpc-error></rpc-reply>", 1), reading.Source{}, 1, "no", "timeout"},
		{"an error in an output of XML", strings.Replace(xm(junosXMLRow), "</rpc-reply>", "<output>error: no such node</output></rpc-reply>", 1), reading.Source{}, 1, "no", "no such node"},
		{"one table twice", js(one + "," + one), reading.Source{}, 1, "no", "two tables of inet.0"},
		{"rows of XML without the beginning of their table", `<table-name>inet.0</table-name>` + junosXMLRow, reading.Source{Format: "junos-xml"}, 1, "no", "the beginning is missing"},
		{"two documents of XML with one table", xm(junosXMLRow) + xm(junosXMLRow), reading.Source{}, 1, "no", "two tables of inet.0"},
		{"a declared family without a table", js(one), reading.Source{Families: both}, 1, "no", "no table of ipv6"},
		{"the same in XML", xm(junosXMLRow), reading.Source{Families: both}, 1, "no", "no table of ipv6"},
		{"a declared family with an empty table", js(one + `,{"table-name":[{"data":"inet6.0"}]}`), reading.Source{Families: both}, 1, "yes", ""},
		{"a local preference that is a number", with(`"data":"100"`, `"data":50`), reading.Source{}, 1, "yes", ""},
		{"a local preference that is true", with(`"data":"100"`, `"data":true`), reading.Source{}, 0, "no", "a string or a number"},
		{"a count of hidden routes that is a number", with(`"data":"0"`, `"data":3`), reading.Source{View: rib.AdjRIBInPre}, 1, "no", "3 hidden routes"},
		{"a count of hidden routes that is none", with(`"data":"0"`, `"data":"many"`), reading.Source{}, 1, "no", "no number"},
		{"values without a list around them", `{"route-information":{"route-table":{"table-name":"inet.0","rt":{"rt-destination":"192.0.2.0/26","rt-entry":{"active-tag":"*","protocol-name":"BGP","local-preference":50,"as-path":"65540 I","nh":{"to":"192.0.2.1"}}}}}}`, reading.Source{}, 1, "yes", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.src.Name, tt.src.ExpectRoutes = "x", -1
			routes, got, err := readBytes(tt.src, []byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			if len(routes) != tt.rows || got.Complete != tt.complete || !strings.Contains(strings.Join(got.Errors, "\n"), tt.says) || tt.says == "" && len(got.Errors) > 0 {
				t.Fatalf("%d routes, complete %q, errors %q", len(routes), got.Complete, got.Errors)
			}
			if strings.Contains(tt.text, "50") && routes[0].Attrs.LocalPref != rib.Some(50) {
				t.Errorf("local preference %v", routes[0].Attrs.LocalPref)
			}
		})
	}
}
