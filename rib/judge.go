package rib

// judgeRows holds what every feed shows against what it is declared to be.
func (t *Table) judgeRows() {}
