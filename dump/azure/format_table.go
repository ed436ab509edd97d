package azure

import (
	"fmt"
	"slices"
	"strings"

	"bgpaudit/dump/reading"
	"bgpaudit/rib"
)

// FormatTable is what PowerShell's Format-Table makes of the routes that Azure PowerShell shows
// (docs/formats/azure-format-table.md). It leaves columns out and cuts values off to fit the console: what it left out is
// not shown, and a row with a value that it cut is a bad one.
var FormatTable = reading.Format{Name: "azure-format-table", Sniff: psStyle.sniff, Read: psStyle.read, Shape: shapeFormatTable}

func shapeFormatTable(reading.Source) reading.Header {
	return reading.Header{Format: "azure-format-table", ASPathForm: rib.AsSent, NotShown: hides}
}

var psStyle = tableStyle{
	made: "PowerShell's Format-Table prints it", ruler: anyRuler, cells: formatTableCells, shell: true,
	routes: func(columns []column) bool { return powerShellMade(columns) && circuitOrGateway(columns) },
}

// powerShellMade reports whether Format-Table made a table: its dashes are as many as the letters of a name, however wide
// the column.
func powerShellMade(columns []column) bool {
	return !slices.ContainsFunc(columns, func(c column) bool { return c.end-c.start != len(c.name) })
}

// routeColumns are those of the routes of circuits and of gateways.
var routeColumns = append(slices.Clone(azureBlocks[0]), azureBlocks[1]...)

// circuitOrGateway reports whether the columns are some of those of a circuit's routes or of a gateway's: the networks, beside
// next hops or paths at the least, and nothing else.
func circuitOrGateway(columns []column) bool {
	for _, c := range columns {
		if !slices.Contains(routeColumns, c.name) {
			return false
		}
	}
	return has(columns, "network") && (has(columns, "nexthop") || has(columns, "path") || has(columns, "aspath"))
}

// isCut reports whether PowerShell cut a value short.
func isCut(value string) bool {
	return strings.HasSuffix(value, "...") || strings.Contains(value, "…")
}

// number reports whether the values of a column are numbers.
func (c *column) number() bool { return c.name == "weight" }

// begin is where a row's value of the column begins. A number may stand at the right end of its column, and be longer than its
// name.
func (c *column) begin(row []rune) int {
	if !c.number() || c.end > len(row) || row[c.end-1] == ' ' {
		return c.start
	}
	at := c.end - 1
	for at > 0 && row[at-1] != ' ' {
		at--
	}
	return at
}

func isNumber(text string) bool {
	_, ok := reading.ParseUint32([]byte(text))
	return ok
}

// formatTableCells cuts a row of Format-Table at its columns. Text stands at the left end of its column, a number at either end,
// and a blank between two.
func formatTableCells(line []byte, columns []column) (cells map[string]string, misfit error) {
	row := []rune(string(line))
	cells = map[string]string{}
	begins := make([]int, len(columns)+1)
	for i := range columns {
		begins[i] = min(columns[i].begin(row), len(row))
	}
	begins[len(columns)] = len(row)
	if len(strings.TrimSpace(string(row[:begins[0]]))) > 0 {
		misfit = errMisfit
	}
	for i, c := range columns {
		begin, end := begins[i], max(begins[i], begins[i+1])
		cell := string(row[begin:end])
		value := strings.TrimSpace(cell)
		cells[c.name] = value
		switch {
		case value == "" && c.number(): // each row has one: its end is lost
			misfit = errMisfit
		case value == "":
		case begin > 0 && row[begin-1] != ' ', cell[0] == ' ', c.number() && !isNumber(value):
			misfit = errMisfit
		case isCut(value) && misfit == nil:
			misfit = fmt.Errorf("is cut: PowerShell left off the end of its %s (say | ConvertTo-Json in place of Format-Table)", c.name)
		}
	}
	return cells, misfit
}
