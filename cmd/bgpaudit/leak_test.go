package main

import (
	"testing"

	"go.uber.org/goleak"
)

// TestMain: no verb leaves a goroutine behind.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
