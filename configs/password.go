package configs

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
)

// maxPassword is what the system takes as a TCP MD5 key (TCP_MD5SIG_MAXKEYLEN).
const maxPassword = 80

// ReadPassword reads the TCP MD5 password of an auth.md5-file: the file's one line, without its line
// end. The warning says what is wrong with a file that can be used all the same; neither it nor the
// error holds anything of the password.
func ReadPassword(path string) (password, warning string, err error) {
	return readSecret(secretFile{"md5-file", "password", maxPassword, "the longest TCP MD5 password there is"}, path)
}

// The token of the API: long enough not to be guessed.
const minToken, maxToken = 16, 512

// ReadToken reads the token of a monitor.token-file, as [ReadPassword] does a password.
func ReadToken(path string) (token, warning string, err error) {
	token, warning, err = readSecret(secretFile{"monitor.token-file", "token", maxToken, "the longest token there may be"}, path)
	switch {
	case err != nil:
		return "", "", err
	case len(token) < minToken:
		return "", "", fmt.Errorf("monitor.token-file %s holds fewer than %d characters\n    hint: openssl rand -hex 32 makes a good token", path, minToken)
	case strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }):
		return "", "", fmt.Errorf("monitor.token-file %s holds what no HTTP header can: a space, or a character that is not ASCII\n    hint: openssl rand -hex 32 makes a good token", path)
	}
	return token, warning, nil
}

// secretFile is a kind of file that holds one secret on one line.
type secretFile struct {
	key, what string
	longest   int
	why       string
}

func readSecret(kind secretFile, path string) (secret, warning string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", "", fmt.Errorf("%s: %w", kind.key, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", "", fmt.Errorf("%s: %w", kind.key, err)
	}
	text, err := io.ReadAll(io.LimitReader(f, int64(kind.longest)+3)) // its line end, and one to tell that it is too long
	if err != nil {
		return "", "", fmt.Errorf("%s: %w", kind.key, err)
	}
	text = bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r"))
	switch {
	case len(text) == 0:
		return "", "", fmt.Errorf("%s %s is empty\n    hint: write the %s on its one line", kind.key, path, kind.what)
	case bytes.ContainsAny(text, "\r\n\x00"):
		return "", "", fmt.Errorf("%s %s is not one line of text\n    hint: write the %s on its one line", kind.key, path, kind.what)
	case len(text) > kind.longest:
		return "", "", fmt.Errorf("%s %s holds more than %d bytes, %s", kind.key, path, kind.longest, kind.why)
	}
	if mode := info.Mode().Perm(); mode&0o007 != 0 {
		warning = fmt.Sprintf("%s %s can be read by everyone (mode %#o): chmod o-rwx it", kind.key, path, mode)
	}
	return string(text), warning, nil
}
