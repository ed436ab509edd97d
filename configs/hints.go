package configs

import (
	"fmt"
	"strings"
)

// suggest says what could have been meant by got: the nearest of the allowed words if one is near,
// else the words themselves.
func suggest(got string, allowed []string) string {
	if near := nearest(got, allowed); near != "" {
		return fmt.Sprintf("did you mean %s?", near)
	}
	return "allowed: " + enumerate(allowed)
}

// enumerate joins words, the first ten of them.
func enumerate(words []string) string {
	const most = 10
	if len(words) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(words[:most], ", "), len(words)-most)
	}
	return strings.Join(words, ", ")
}

// nearest returns the word with the smallest edit distance to got, if at most a third of it
// would have to change; empty where there is none.
func nearest(got string, words []string) string {
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
	return best
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
