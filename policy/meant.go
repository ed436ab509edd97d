package policy

import "strings"

// Meant returns the word that may have been meant by got: the one with the smallest edit distance, if
// at most a third of got would have to change, else the only one that holds got, where that is four
// letters or more. It is empty where there is none.
func Meant(got string, words []string) string {
	got = strings.ToLower(got)
	if len(got) > 100 {
		return ""
	}
	best, limit := "", max(1, len(got)/3)
	for _, word := range words {
		if d := editDistance(got, strings.ToLower(word)); d <= limit {
			best, limit = word, d-1
		}
	}
	if best == "" && len(got) >= 4 {
		return onlyHolder(got, words)
	}
	return best
}

// onlyHolder returns the one word that holds got; of two neither is meant rather than the other.
func onlyHolder(got string, words []string) string {
	found := ""
	for _, word := range words {
		if !strings.Contains(strings.ToLower(word), got) {
			continue
		}
		if found != "" {
			return ""
		}
		found = word
	}
	return found
}

// editDistance counts insertions, deletions, replacements and swaps of neighbours that turn a into b.
func editDistance(a, b string) int {
	x, y := []rune(a), []rune(b)
	rows := make([][]int, len(x)+1)
	for i := range rows {
		rows[i] = make([]int, len(y)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(x); i++ {
		for j := 1; j <= len(y); j++ {
			replace := rows[i-1][j-1]
			if x[i-1] != y[j-1] {
				replace++
			}
			rows[i][j] = min(replace, rows[i-1][j]+1, rows[i][j-1]+1)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(x)][len(y)]
}
