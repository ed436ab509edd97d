package configs

import "net/netip"

// The structs of this file are the config language: a field is a key. The yaml tag is its name,
// for viper, the schema and the effective config alike; jsonschema says what is required, its
// bounds, its default and an example; jsonschema_description is the sentence of why that
// docs/config.md and the schema print.

type file struct {
	Version   int             `yaml:"version" jsonschema:"required,enum=1,example=1" jsonschema_description:"Version of the config language, so that a later release can tell old files from new ones."`
	Settings  settingsEntry   `yaml:"settings,omitempty" jsonschema_description:"Global settings that flags and the environment can override."`
	Site      siteEntry       `yaml:"site" jsonschema:"required" jsonschema_description:"The audited company."`
	MaxSkew   span            `yaml:"max-skew,omitempty" jsonschema:"default=1h,example=30m" jsonschema_description:"How far apart in time the feeds may be: dumps taken far apart show a state that never was."`
	Monitor   monitorEntry    `yaml:"monitor,omitempty" jsonschema_description:"How the monitor speaks BGP and serves its API; an audit of files needs none of it."`
	Links     []linkEntry     `yaml:"links" jsonschema:"required,minItems=1" jsonschema_description:"The ways in and out of the site."`
	Feeds     []feedEntry     `yaml:"feeds,omitempty" jsonschema_description:"The sources of routes. What no feed covers is blind, and never OK."`
	Prefixes  []prefixEntry   `yaml:"prefixes,omitempty" jsonschema_description:"Where our public prefixes may be advertised."`
	Pools     []poolEntry     `yaml:"pools,omitempty" jsonschema_description:"NAT address pools: the source addresses of connections that we start."`
	Services  []serviceEntry  `yaml:"services,omitempty" jsonschema_description:"What speaks to a remote network; without a service no flow is checked."`
	Remotes   []remoteEntry   `yaml:"remotes,omitempty" jsonschema_description:"Networks beyond our links."`
	Observers []observerEntry `yaml:"observers,omitempty" jsonschema_description:"Changes and additions to the built-in observers us, microsoft, internet, azure and avs: the networks that choose one of our links."`
	Checks    []checkEntry    `yaml:"checks,omitempty" jsonschema_description:"Changes to single checks; bgpaudit checks list prints their ids."`
	Waivers   []waiverEntry   `yaml:"waivers,omitempty" jsonschema_description:"Findings accepted on purpose until a date. A waiver silences, it never hides."`
}

type settingsEntry struct {
	Server    string        `yaml:"server,omitempty" jsonschema:"example=https://bgpaudit.example.net:8179" jsonschema_description:"URL of a running monitor to ask in place of files (--server, BGPAUDIT_SERVER)."`
	Token     string        `yaml:"token,omitempty" jsonschema:"example=from-your-secret-store" jsonschema_description:"Token for that monitor (BGPAUDIT_TOKEN is the better place: this file is often in a repository)."`
	LogFormat logFormatName `yaml:"log-format,omitempty" jsonschema:"default=console,example=json" jsonschema_description:"Form of the log on stderr (--log-format, BGPAUDIT_LOG_FORMAT)."`
}

type siteEntry struct {
	ASNs              []asn             `yaml:"asns" jsonschema:"required,minItems=1,example=65536" jsonschema_description:"Our AS numbers, by which a path is known to be ours."`
	Families          []familyName      `yaml:"families,omitempty" jsonschema:"example=ipv4" jsonschema_description:"The address families to audit; by default those of the declared addresses and of what the feeds hold."`
	RoutingPreference routingPreference `yaml:"routing-preference,omitempty" jsonschema:"default=expressroute,example=vpn" jsonschema_description:"What the Azure gateway prefers for equal prefixes (observer azure)."`
}

type monitorEntry struct {
	ASN         asn              `yaml:"asn,omitempty" jsonschema:"example=65536" jsonschema_description:"The ASN that the monitor speaks with; a feed's bgp.local-asn overrides it."`
	RouterID    netip.Addr       `yaml:"router-id,omitempty" jsonschema:"example=10.255.0.9" jsonschema_description:"The monitor's BGP identifier."`
	Listen      []netip.AddrPort `yaml:"listen,omitempty" jsonschema:"example=0.0.0.0:179" jsonschema_description:"Addresses on which routers may open BGP sessions to the monitor."`
	API         string           `yaml:"api,omitempty" jsonschema:"example=127.0.0.1:8179" jsonschema_description:"Address of the API. One that is not on loopback needs tls and token-file."`
	TLS         tlsEntry         `yaml:"tls,omitempty" jsonschema_description:"The API speaks HTTPS alone."`
	TokenFile   string           `yaml:"token-file,omitempty" jsonschema:"example=/etc/bgpaudit/token" jsonschema_description:"File that holds the token which every caller of the API must show, on one line, 16 characters or more."`
	HoldTime    span             `yaml:"hold-time,omitempty" jsonschema:"default=90s,example=3m" jsonschema_description:"The hold time that is offered to every router, 3s or more: so long after its last word a silent router is gone."`
	StartGrace  span             `yaml:"start-grace,omitempty" jsonschema:"default=3m,example=10m" jsonschema_description:"How long the sessions have at the start, and a router that has come back, to send their whole tables before it is said that they lack; 1s to 1h. Every answer is unknown meanwhile."`
	Auth        authEntry        `yaml:"auth,omitempty" jsonschema_description:"TCP authentication of sessions that name none of their own."`
	TTLSecurity int              `yaml:"ttl-security,omitempty" jsonschema:"minimum=1,maximum=254,example=1" jsonschema_description:"Most hops to a neighbour that are accepted (RFC 5082)."`
	PrefixLimit *int64           `yaml:"prefix-limit,omitempty" jsonschema:"minimum=1,maximum=2147483647,default=20000000,example=5000000" jsonschema_description:"The most routes kept of all sessions together, some 150 octets of memory each. A session that would go beyond it stays up, and its feed is partial."`
}

type authEntry struct {
	MD5File string `yaml:"md5-file" jsonschema:"required,example=/etc/bgpaudit/md5" jsonschema_description:"File that holds the TCP MD5 password (RFC 2385): secrets stay out of this file."`
}

type tlsEntry struct {
	Cert string `yaml:"cert" jsonschema:"required,example=/etc/bgpaudit/tls.crt" jsonschema_description:"File of the certificate and those of its issuers, PEM."`
	Key  string `yaml:"key" jsonschema:"required,example=/etc/bgpaudit/tls.key" jsonschema_description:"File of its private key, PEM."`
}

type linkEntry struct {
	Name         string        `yaml:"name" jsonschema:"required,example=isp-a" jsonschema_description:"The link's name in findings and everywhere else in this file."`
	Kind         linkKind      `yaml:"kind" jsonschema:"required,example=internet" jsonschema_description:"What the link is: observers choose by it."`
	Router       string        `yaml:"router,omitempty" jsonschema:"example=edge1" jsonschema_description:"The router that the link ends on."`
	Firewall     string        `yaml:"firewall" jsonschema:"required,example=fw-internet" jsonschema_description:"The stateful device behind the link; links naming the same one share its state. A box that binds a session to the interface or tunnel it came in by is one firewall an interface: fg1-tun1, fg1-tun2. none says that nothing keeps state, and must be written."`
	NeighborASNs []asn         `yaml:"neighbor-asns,omitempty" jsonschema:"example=65540" jsonschema_description:"The ASNs of the neighbour, by which a path is known to be the link's."`
	Neighbors    []netip.Addr  `yaml:"neighbors,omitempty" jsonschema:"example=192.0.2.1" jsonschema_description:"The BGP addresses of the neighbour, by which a dump is known to be the link's."`
	ProviderASNs []asn         `yaml:"provider-asns,omitempty" jsonschema:"example=65545" jsonschema_description:"ExpressRoute only: the ASNs of a layer-3 provider that stands between us and Microsoft. Microsoft's table has them before ours, and received routes begin with them."`
	Circuit      string        `yaml:"circuit,omitempty" jsonschema:"example=seattle" jsonschema_description:"ExpressRoute only, and required there: the circuit, which has two sides."`
	SKU          skuName       `yaml:"sku,omitempty" jsonschema:"example=standard" jsonschema_description:"ExpressRoute only: the circuit's SKU, which sets its prefix limits."`
	Side         sideName      `yaml:"side,omitempty" jsonschema:"example=primary" jsonschema_description:"ExpressRoute only: the side of the circuit."`
	Preference   *int64        `yaml:"preference,omitempty" jsonschema:"minimum=0,maximum=4294967295,example=100" jsonschema_description:"The local preference that our import policy sets, for dumps that do not show it."`
	Import       importName    `yaml:"import,omitempty" jsonschema:"example=all" jsonschema_description:"all says that import policy takes every route, so that rows seen before policy are certain."`
	Weight       *int64        `yaml:"weight,omitempty" jsonschema:"minimum=0,maximum=32000,example=10" jsonschema_description:"expressroute-private only: the weight of the Azure connection, which decides before the AS path."`
	Static       staticEntry   `yaml:"static,omitempty" jsonschema_description:"Routes of a link without BGP, or that the ISP advertises for us: declared, not observed. What it does not list is absent."`
	Balancing    balancingName `yaml:"balancing,omitempty" jsonschema:"example=per-flow" jsonschema_description:"How our routers spread traffic over equal links: by flow, or packet by packet, which breaks state."`
}

type staticEntry struct {
	Receives   []netip.Prefix `yaml:"receives,omitempty" jsonschema:"example=0.0.0.0/0" jsonschema_description:"Prefixes routed to this link by hand."`
	Advertises []netip.Prefix `yaml:"advertises,omitempty" jsonschema:"example=198.51.100.0/24" jsonschema_description:"Our prefixes that the world reaches over this link."`
}

type feedEntry struct {
	Name            string          `yaml:"name" jsonschema:"required,example=isp-a-out" jsonschema_description:"The feed's name in evidence."`
	Link            string          `yaml:"link,omitempty" jsonschema:"example=isp-a" jsonschema_description:"The link that every route of the feed belongs to; else classify ties them."`
	Router          string          `yaml:"router,omitempty" jsonschema:"example=edge1" jsonschema_description:"The router that holds the table; by default the link's, except for far-end, collector and chosen feeds."`
	View            viewName        `yaml:"view,omitempty" jsonschema:"example=adj-rib-out-post" jsonschema_description:"Which table of the router the feed shows: no dump says so itself. A bgp: feed is monitor, a bmp: feed carries its views."`
	Observer        string          `yaml:"observer,omitempty" jsonschema:"example=azure" jsonschema_description:"View chosen only, and required there: the observer whose own choice the table is."`
	File            string          `yaml:"file,omitempty" jsonschema:"example=dumps/edge1-isp-a-advertised.json" jsonschema_description:"The dump, relative to this file. A feed has one of file, bgp and bmp."`
	Format          string          `yaml:"format,omitempty" jsonschema:"default=auto,example=frr-json" jsonschema_description:"The dump's format, where recognising it does not work."`
	VRF             string          `yaml:"vrf,omitempty" jsonschema:"example=internet" jsonschema_description:"The VRF to take from a dump that holds several."`
	Neighbor        netip.Addr      `yaml:"neighbor,omitempty" jsonschema:"example=192.0.2.1" jsonschema_description:"The neighbour that the table belongs to, exactly; by default any that the link lists."`
	Families        []familyName    `yaml:"families,omitempty" jsonschema:"example=ipv4" jsonschema_description:"The address families that the feed covers even where it holds no route of them."`
	Scope           []netip.Prefix  `yaml:"scope,omitempty" jsonschema:"example=203.0.112.0/22" jsonschema_description:"The prefixes that the dump was filtered to: outside them it proves nothing."`
	Taken           moment          `yaml:"taken,omitempty" jsonschema:"example=2026-11-20T09:14:00Z" jsonschema_description:"When the dump was made, for formats that do not say; without a zone it is UTC."`
	MaxAge          span            `yaml:"max-age,omitempty" jsonschema:"example=24h" jsonschema_description:"Older than this the feed is stale and proves nothing. Without it no age is too old."`
	TrustMtime      bool            `yaml:"trust-mtime,omitempty" jsonschema:"default=false,example=true" jsonschema_description:"Take the file's own time for the dump's, which a copy may have changed."`
	ExpectEmpty     bool            `yaml:"expect-empty,omitempty" jsonschema:"default=false,example=true" jsonschema_description:"An empty table is right here: permitted, not demanded."`
	Routes          *int64          `yaml:"routes,omitempty" jsonschema:"minimum=0,example=981" jsonschema_description:"How many routes the dump must hold, which proves its end for formats without one."`
	TolerateSkipped int64           `yaml:"tolerate-skipped,omitempty" jsonschema:"minimum=0,default=0,example=2" jsonschema_description:"So many unreadable rows do not make the feed partial."`
	Classify        []classifyEntry `yaml:"classify,omitempty" jsonschema_description:"Rules that tie the routes of the feed to links, in any view."`
	Mirrors         string          `yaml:"mirrors,omitempty" jsonschema:"example=isp-a" jsonschema_description:"View monitor only: the session has the same export policy object as this link, so it shows what is advertised there."`
	AddPath         addPathName     `yaml:"add-path,omitempty" jsonschema:"example=all" jsonschema_description:"View monitor only: the router sends every path (RFC 7911). For a session write it inside bgp."`
	BGP             bgpEntry        `yaml:"bgp,omitempty" jsonschema_description:"A BGP session from a router to the monitor."`
	BMP             bmpEntry        `yaml:"bmp,omitempty" jsonschema_description:"A BMP session (RFC 7854) from a router to the monitor."`
}

type classifyEntry struct {
	BMPPeer   netip.Addr `yaml:"bmp-peer,omitempty" jsonschema:"example=192.0.2.9" jsonschema_description:"Matches the peer address of a BMP header."`
	Neighbor  netip.Addr `yaml:"neighbor,omitempty" jsonschema:"example=192.0.2.1" jsonschema_description:"Matches the BGP neighbour of the row."`
	Community *community `yaml:"community,omitempty" jsonschema:"example=64512:101" jsonschema_description:"Matches a community that our import policy sets per link."`
	NextHop   netip.Addr `yaml:"next-hop,omitempty" jsonschema:"example=192.0.2.1" jsonschema_description:"Matches the next hop."`
	FirstASN  asn        `yaml:"first-asn,omitempty" jsonschema:"example=12076" jsonschema_description:"Matches the first ASN of the path; a row without a path fits no such rule."`
	Link      string     `yaml:"link,omitempty" jsonschema:"example=er-primary" jsonschema_description:"The link of the matching routes. A rule has link or ignore."`
	Ignore    bool       `yaml:"ignore,omitempty" jsonschema:"default=false,example=true" jsonschema_description:"Takes matching routes out of the audit: iBGP copies, own loopbacks."`
}

type bgpEntry struct {
	Neighbor    block       `yaml:"neighbor" jsonschema:"required,example=192.0.2.1" jsonschema_description:"The router's address, from which it connects to us. Or a prefix, with auth or ttl-security: any router in it."`
	ASN         asn         `yaml:"asn" jsonschema:"required,example=65536" jsonschema_description:"The router's ASN."`
	LocalASN    asn         `yaml:"local-asn,omitempty" jsonschema:"example=65551" jsonschema_description:"Our ASN in this session, in place of monitor.asn."`
	AddPath     addPathName `yaml:"add-path,omitempty" jsonschema:"example=all" jsonschema_description:"The router sends every path (RFC 7911), so that losers are seen too."`
	Auth        authEntry   `yaml:"auth,omitempty" jsonschema_description:"TCP authentication of the session."`
	TTLSecurity int         `yaml:"ttl-security,omitempty" jsonschema:"minimum=1,maximum=254,example=1" jsonschema_description:"Most hops to the router that are accepted (RFC 5082)."`
	Routers     *int64      `yaml:"routers,omitempty" jsonschema:"minimum=1,maximum=256,example=2" jsonschema_description:"Where neighbor is a prefix: how many routers of it are to be there. Without it the feed is always partial."`
	PrefixLimit *int64      `yaml:"prefix-limit,omitempty" jsonschema:"minimum=1,maximum=2147483647,default=2000000,example=100000" jsonschema_description:"The most routes kept of one session. Beyond it the session stays up and the feed is partial: a router is never reset for sending too much."`
}

type bmpEntry struct {
	Listen netip.AddrPort `yaml:"listen" jsonschema:"required,example=127.0.0.1:11019" jsonschema_description:"Address on which the router may connect."`
}

type prefixEntry struct {
	Name           string             `yaml:"name" jsonschema:"required,example=public" jsonschema_description:"The declaration's name in findings."`
	Prefixes       []netip.Prefix     `yaml:"prefixes" jsonschema:"required,minItems=1,example=203.0.112.0/22" jsonschema_description:"The prefixes. The most specific declaration governs, so a service inside a pool inside a prefix is normal."`
	Links          []string           `yaml:"links,omitempty" jsonschema:"example=isp-a" jsonschema_description:"Where the prefixes may be advertised, and must be."`
	Backup         []string           `yaml:"backup,omitempty" jsonschema:"example=lte" jsonschema_description:"Links that stand in for links: they may carry it always, and must not win, nor tie, while one of links has a route."`
	BackupWhenDown []string           `yaml:"backup-when-down,omitempty" jsonschema:"example=lte" jsonschema_description:"The same, and they may carry it only while none of links has a route: a conditional advertisement."`
	NeverLinks     []string           `yaml:"never-links,omitempty" jsonschema:"example=er-primary" jsonschema_description:"Where not even a covering aggregate may draw their traffic."`
	MoreSpecifics  moreSpecificsEntry `yaml:"more-specifics,omitempty" jsonschema_description:"Bounds on parts of the prefixes that may be advertised."`
}

type moreSpecificsEntry struct {
	MaxLength *int64   `yaml:"max-length,omitempty" jsonschema:"minimum=1,maximum=128,example=24" jsonschema_description:"The longest mask that may be advertised."`
	Links     []string `yaml:"links,omitempty" jsonschema:"example=isp-a" jsonschema_description:"Where parts may be advertised; by default the prefixes' own links."`
}

type poolEntry struct {
	Name           string         `yaml:"name" jsonschema:"required,example=nat-users" jsonschema_description:"The pool's name."`
	Prefixes       []netip.Prefix `yaml:"prefixes" jsonschema:"required,minItems=1,example=198.51.100.0/24" jsonschema_description:"The pool's addresses; two pools share none."`
	Links          []string       `yaml:"links,omitempty" jsonschema:"example=isp-a" jsonschema_description:"Where its traffic is meant to leave and return. Intent, not mechanism."`
	Backup         []string       `yaml:"backup,omitempty" jsonschema:"example=lte" jsonschema_description:"Links that stand in for links: they may carry it always, and must not win, nor tie, while one of links has a route."`
	BackupWhenDown []string       `yaml:"backup-when-down,omitempty" jsonschema:"example=lte" jsonschema_description:"The same, and they may carry it only while none of links has a route: a conditional advertisement."`
}

type serviceEntry struct {
	Name           string        `yaml:"name" jsonschema:"required,example=mail-in" jsonschema_description:"The service's name."`
	Kind           serviceKind   `yaml:"kind,omitempty" jsonschema:"default=other,example=smtp" jsonschema_description:"Selects Microsoft's advice for the service."`
	Addresses      []block       `yaml:"addresses,omitempty" jsonschema:"example=203.0.113.25/32" jsonschema_description:"The public addresses of the service. A service has addresses, pools or both."`
	Pools          []string      `yaml:"pools,omitempty" jsonschema:"example=nat-users" jsonschema_description:"The NAT pools that its connections leave from."`
	Pool           string        `yaml:"pool,omitempty" jsonschema:"example=nat-users" jsonschema_description:"Short for pools with one name."`
	NAT            natName       `yaml:"nat,omitempty" jsonschema:"example=none" jsonschema_description:"none says that its addresses are not translated."`
	Remote         string        `yaml:"remote,omitempty" jsonschema:"example=exchange-online" jsonschema_description:"The network it speaks to; by default whatever the ExpressRoute links carry, and what only other links route."`
	Initiator      initiatorName `yaml:"initiator" jsonschema:"required,example=remote" jsonschema_description:"Who starts the connections, which says where state begins."`
	Links          []string      `yaml:"links,omitempty" jsonschema:"example=isp-a" jsonschema_description:"The links its traffic is meant to use, both ways."`
	Backup         []string      `yaml:"backup,omitempty" jsonschema:"example=lte" jsonschema_description:"Links that stand in for links: they may carry it always, and must not win, nor tie, while one of links has a route."`
	BackupWhenDown []string      `yaml:"backup-when-down,omitempty" jsonschema:"example=lte" jsonschema_description:"The same, and they may carry it only while none of links has a route: a conditional advertisement."`
	Sees           []string      `yaml:"sees,omitempty" jsonschema:"example=isp-a" jsonschema_description:"The links whose received routes reach the service's network (route scoping); by default all."`
	SNAT           snatEntry     `yaml:"snat,omitempty" jsonschema_description:"Source NAT of connections that come in, which pins the reply to that firewall."`
	Behind         string        `yaml:"behind,omitempty" jsonschema:"example=edge1" jsonschema_description:"The router it stands behind, which decides for it where routers differ."`
}

type snatEntry struct {
	At string `yaml:"at" jsonschema:"required,example=fw-internet" jsonschema_description:"The firewall that translates."`
	To block  `yaml:"to" jsonschema:"required,example=10.20.0.0/28" jsonschema_description:"The addresses it translates to."`
}

type remoteEntry struct {
	Name                string           `yaml:"name" jsonschema:"required,example=exchange-online" jsonschema_description:"The remote's name."`
	Observer            string           `yaml:"observer,omitempty" jsonschema:"example=microsoft" jsonschema_description:"Who decides the way back. By default microsoft for communities, service tags, endpoints and default-only, and internet at a site without Microsoft peering; else it must be named."`
	Prefixes            []netip.Prefix   `yaml:"prefixes,omitempty" jsonschema:"example=40.92.0.0/15" jsonschema_description:"Its prefixes."`
	Communities         []community      `yaml:"communities,omitempty" jsonschema:"example=12076:5010" jsonschema_description:"BGP communities of its routes, looked up on the ExpressRoute links."`
	CommunitiesOptional bool             `yaml:"communities-optional,omitempty" jsonschema:"default=false,example=true" jsonschema_description:"Where a feed shows no communities, judge by the other parts alone and leave nothing unknown."`
	ServiceTags         serviceTagsEntry `yaml:"service-tags,omitempty" jsonschema_description:"Prefixes out of Microsoft's Azure IP Ranges and Service Tags file."`
	M365Endpoints       m365Entry        `yaml:"m365-endpoints,omitempty" jsonschema_description:"Prefixes out of Microsoft 365's endpoints file."`
	DefaultOnly         bool             `yaml:"default-only,omitempty" jsonschema:"default=false,example=true" jsonschema_description:"Addresses that no ExpressRoute link carries beyond a default, and some other link does."`
}

type serviceTagsEntry struct {
	File string   `yaml:"file" jsonschema:"required,example=ServiceTags_Public.json" jsonschema_description:"The file, relative to this one: nothing is fetched."`
	Tags []string `yaml:"tags" jsonschema:"required,minItems=1,example=AzureActiveDirectory" jsonschema_description:"The tags to take."`
}

type m365Entry struct {
	File        string         `yaml:"file" jsonschema:"required,example=endpoints.json" jsonschema_description:"The file, relative to this one: nothing is fetched."`
	ServiceArea words          `yaml:"service-area" jsonschema:"required,example=Exchange" jsonschema_description:"The service area to take, or a list of them."`
	Categories  []categoryName `yaml:"categories,omitempty" jsonschema:"example=Optimize" jsonschema_description:"The endpoint categories to take; by default all."`
}

type observerEntry struct {
	Name   string     `yaml:"name" jsonschema:"required,example=partner" jsonschema_description:"A built-in observer to change, or a new name. One named avs stands in the place of the built-in one."`
	Hears  []string   `yaml:"hears,omitempty" jsonschema:"example=isp-a" jsonschema_description:"The links it chooses among; by default a built-in observer's own kinds."`
	Prefer []string   `yaml:"prefer,omitempty" jsonschema:"example=dx" jsonschema_description:"The links that it prefers, in this order, ahead of the AS path; those not listed come behind. Not for us and internet."`
	Steps  []stepName `yaml:"steps,omitempty" jsonschema:"example=as-path-length" jsonschema_description:"How it decides after longest match."`
}

type checkEntry struct {
	ID       string       `yaml:"id" jsonschema:"required,example=return/same-mask" jsonschema_description:"The check."`
	Severity severityName `yaml:"severity,omitempty" jsonschema:"example=warning" jsonschema_description:"Weight of its findings in place of its own."`
	Disabled bool         `yaml:"disabled,omitempty" jsonschema:"default=false,example=true" jsonschema_description:"Leaves the check out."`
}

type waiverEntry struct {
	Check         string       `yaml:"check" jsonschema:"required,example=nat/shared-pool" jsonschema_description:"The check whose findings are accepted."`
	Link          string       `yaml:"link,omitempty" jsonschema:"example=isp-a" jsonschema_description:"Only findings about this link."`
	Prefix        netip.Prefix `yaml:"prefix,omitempty" jsonschema:"example=198.51.100.0/24" jsonschema_description:"Only findings about prefixes inside this one."`
	Pool          string       `yaml:"pool,omitempty" jsonschema:"example=nat-users" jsonschema_description:"Only findings about this pool."`
	Service       string       `yaml:"service,omitempty" jsonschema:"example=mail-in" jsonschema_description:"Only findings about this service."`
	Reason        string       `yaml:"reason" jsonschema:"required,example=CHG0042 migration" jsonschema_description:"Why it is accepted."`
	Owner         string       `yaml:"owner" jsonschema:"required,example=net-edge" jsonschema_description:"Who answers for it."`
	Until         day          `yaml:"until" jsonschema:"required,example=2027-01-31" jsonschema_description:"The last day, in UTC, on which it holds."`
	AcceptUnknown bool         `yaml:"accept-unknown,omitempty" jsonschema:"default=false,example=true" jsonschema_description:"Keeps the unknown behind a waived evidence finding out of exit status 3."`
}
