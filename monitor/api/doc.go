// Package api is the HTTP API of the running monitor: what the verbs ask of files, asked of the
// sessions of now, and the metrics of the monitor itself.
//
// In: a [monitor.Monitor]. Out: the documents of docs/json.md over HTTP. It only reads: there is no
// way from it to a router, and what a router said leaves it escaped. An answer that rests on
// evidence that is missing, partial or gone says so, as it does everywhere.
package api
