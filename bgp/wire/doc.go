// Package wire reads BGP UPDATE messages and path attributes.
//
// In: bytes that a router sent, straight from a session, or as MRT and BMP carry them. Out:
// prefixes and [rib.Attrs], and, where the bytes are wrong, what RFC 7606 says to do about it. The
// package holds no session, opens nothing, sends nothing and encodes nothing.
//
// Begin with a [Decoder] made for what the two ends agreed on, one for each direction of a
// session, and one [Update] that is used again for every message:
//
//	cache := wire.NewCache(0)
//	dec := wire.NewDecoder(wire.Session{FourOctetASN: true, External: true}, cache)
//	var u wire.Update
//	for body := range bodies { // of UPDATE messages, without the header of 19 octets
//		switch dec.Update(body, &u) {
//		case wire.SessionReset:
//			return u.Faults // nothing of the message counts
//		}
//		for _, n := range u.Withdrawn { … }
//		for _, n := range u.Refused { … } // RFC 7606: withdrawn, and doubtful from now on
//		for r := range u.Routes() { … }   // *rib.Route, without neighbour
//	}
//
// Tables that MRT files keep hold path attributes without a message around them: see
// [Decoder.Entry].
//
// IPv4 and IPv6 unicast are read (RFC 4760, with the next hops of RFC 8950); other families are
// counted in [Update.Foreign] and passed over. Host bits behind a prefix are cleared (RFC 4271
// 4.3: their value is irrelevant). The attributes that [rib.Attrs] has no place for are checked
// as RFC 7606 asks and then forgotten.
//
// A message takes no memory beyond what its own length explains, whatever its length fields
// claim, and a message whose attributes were seen before takes none at all: a [Cache] keeps
// decoded attribute sets under their raw bytes, the next hop and the prefixes cut out, so that a
// full table's million routes decode its hundred thousand sets once each.
package wire
