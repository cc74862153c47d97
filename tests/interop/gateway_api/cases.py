"""Requests with the answers that the Gateway API (v1.6) demands, each with its section, written before any gateway was asked.

A request is `METHOD HOST PATH [header:value …]`. An answer is a status, or the service that answers with 200; after it what must hold:
`path=` and `host=` as the service sees them, `req:NAME=VALUE` and `res:NAME=VALUE` of the headers that it gets and the client gets,
`!` before a NAME that must not be there, `location=` of a redirect.
"""

PATH = "HTTPPathMatch"
HEADER = "HTTPHeaderMatch"
QUERY = "HTTPQueryParamMatch"
METHOD = "HTTPRouteMatch.method"
RANK = "HTTPRouteRule.matches, precedence"
MODIFY = "HTTPHeaderFilter"
REDIRECT = "HTTPRequestRedirectFilter"
REWRITE = "HTTPURLRewriteFilter"
BACKEND = "HTTPRouteRule.backendRefs"
TIME = "HTTPRouteTimeouts"
RETRY = "HTTPRouteRetry"
CORS = "HTTPCORSFilter"
HOST = "HTTPRouteSpec.hostnames, Listener.hostname"
ALLOWED = "AllowedRoutes"
EDGE = "objects.md, Gateway"

PREFLIGHT = "access-control-request-method:GET"

# How a mesh takes routes whose parent is a Service (GEP-1426 for HTTPRoutes of the service and of its callers, GEP-1294 for what both have in common).
GAMMA = "GEP-1426, Gateway API for Mesh"
FACETS = "GEP-1294, Service facets"
CONSUMER = "GEP-1426, producer and consumer routes"

HTTP = [
    # Paths
    (PATH, "GET paths.example /exact", "v1 path=/exact"),
    (PATH, "GET paths.example /exact?a=b", "v1 path=/exact?a=b"),
    (PATH, "GET paths.example /exact/", "v4"),
    (PATH, "GET paths.example /exact/x", "v4"),
    (PATH, "GET paths.example /exactly", "v4"),
    (PATH, "GET paths.example /Exact", "v4"),
    (PATH, "GET paths.example /prefix", "v2"),
    (PATH, "GET paths.example /prefix/", "v2"),
    (PATH, "GET paths.example /prefix?x", "v2"),
    (PATH, "GET paths.example /prefix/a", "v2 path=/prefix/a"),
    (PATH, "GET paths.example /prefix/a/b/c", "v2"),
    (PATH, "GET paths.example /prefixed", "v4"),
    (PATH, "GET paths.example /PREFIX", "v4"),
    (PATH, "GET paths.example /x/prefix", "v4"),
    (PATH, "GET paths.example /prefix/longer", "v3"),
    (PATH, "GET paths.example /prefix/longer/", "v3"),
    (PATH, "GET paths.example /prefix/longer/x", "v3"),
    (PATH, "GET paths.example /prefix/longerish", "v2"),
    (PATH, "GET paths.example /prefix/exact", "v5"),
    (PATH, "GET paths.example /prefix/exact/x", "v2"),
    (PATH, "GET paths.example /re/abc", "v1"),
    (PATH, "GET paths.example /re/abc?x=Y", "v1"),
    (PATH, "GET paths.example /re/ABC", "v4"),
    (PATH, "GET paths.example /re/abc/d", "v4"),
    (PATH, "GET paths.example /re/", "v4"),
    (PATH, "GET paths.example /one", "v3"),
    (PATH, "GET paths.example /two", "v3"),
    (PATH, "GET paths.example /three", "v4"),
    (PATH, "GET paths.example /", "v4"),
    (PATH, "POST paths.example /exact", "v1"),
    (PATH, "GET only.example /here", "v1"),
    (PATH, "GET only.example /", "404"),
    (PATH, "GET only.example /here/", "404"),
    (EDGE, "GET paths.example //prefix//a", "v2 path=/prefix/a"),
    (EDGE, "GET paths.example /prefix/../exact", "v1 path=/exact"),
    (EDGE, "GET paths.example /prefix/./a", "v2 path=/prefix/a"),
    (EDGE, "GET paths.example /prefix%2Fa", "307 location=/prefix/a"),
    (EDGE, "GET paths.example /exact x_y:1", "400"),
    # Headers
    (HEADER, "GET headers.example / version:one", "v1"),
    (HEADER, "GET headers.example / VERSION:one", "v1"),
    (HEADER, "GET headers.example / version:two", "v2"),
    (HEADER, "GET headers.example / version:two color:orange", "v3"),
    (HEADER, "GET headers.example / color:orange version:two", "v3"),
    (HEADER, "GET headers.example / version:two color:red", "v2"),
    (HEADER, "GET headers.example / version:One", "404"),
    (HEADER, "GET headers.example / version:onetwo", "404"),
    (HEADER, "GET headers.example / color:orange", "404"),
    (HEADER, "GET headers.example / color:blue", "v5"),
    (HEADER, "GET headers.example / color:xblue", "404"),
    (HEADER, "GET headers.example / color:blues", "404"),
    (HEADER, "GET headers.example / shape:round", "v5"),
    (HEADER, "GET headers.example / shape:round color:none", "v5"),
    (HEADER, "GET headers.example /deep/path version:one", "v1"),
    (HEADER, "GET headers.example /", "404"),
    # Query parameters
    (QUERY, "GET query.example /?animal=whale", "v1"),
    (QUERY, "GET query.example /?x=y&animal=whale", "v1"),
    (QUERY, "GET query.example /?animal=whale&animal=dolphin", "v1"),
    (QUERY, "GET query.example /?animal=dolphin&color=blue", "v2"),
    (QUERY, "GET query.example /?color=blue&animal=dolphin", "v2"),
    (QUERY, "GET query.example /?animal=dolphin", "404"),
    (QUERY, "GET query.example /?animal=Whale", "404"),
    (QUERY, "GET query.example /?Animal=whale", "404"),
    (QUERY, "GET query.example /?animal=whalefish", "404"),
    (QUERY, "GET query.example /?animal=shark", "v3"),
    (QUERY, "GET query.example /?animal=sh", "404"),
    (QUERY, "GET query.example /both?animal=whale", "v5"),
    (QUERY, "GET query.example /both/x?animal=whale", "v1"),
    (QUERY, "GET query.example /both", "404"),
    (QUERY, "GET query.example /", "404"),
    # Methods
    (METHOD, "POST methods.example /", "v1"),
    (METHOD, "GET methods.example /", "v2"),
    (METHOD, "PUT methods.example / version:three", "v3"),
    (METHOD, "PUT methods.example /", "404"),
    (METHOD, "PATCH methods.example /p", "v4"),
    (METHOD, "PATCH methods.example /q", "404"),
    (METHOD, "DELETE methods.example /anything", "v4"),
    (METHOD, "OPTIONS methods.example /", "404"),
    # Precedence
    (RANK, "POST rank.example /", "v1"),
    (RANK, "GET rank.example /", "v2"),
    (RANK, "POST rank.example / x-a:1", "v3"),
    (RANK, "GET rank.example / x-a:1", "v2"),
    (RANK, "POST rank.example / x-a:1 x-b:1", "v4"),
    (RANK, "POST rank.example /?q=1", "v5"),
    (RANK, "POST rank.example /?q=1 x-a:1", "v3"),
    (RANK, "GET rank.example /?q=1", "v2"),
    (RANK, "GET rank.example /deep", "v6"),
    (RANK, "GET rank.example /deep?q=1 x-a:1 x-b:1", "v6"),
    (RANK, "GET rank.example /deeper", "v2"),
    (RANK, "GET same.example /x", "v1"),
    (RANK, "GET same.example /x/z", "v1"),
    (RANK, "GET same.example /x/y", "v4"),
    # Header modifiers
    (MODIFY, "GET modify.example /request x-set:old", "v1 req:x-set=new"),
    (MODIFY, "GET modify.example /request", "v1 req:x-set=new req:x-percent=100%"),
    (MODIFY, "GET modify.example /request x-add:first", "v1 req:x-add=first,more"),
    (MODIFY, "GET modify.example /request", "v1 req:x-add=more"),
    (MODIFY, "GET modify.example /request x-gone:here x-kept:here", "v1 req:!x-gone req:x-kept=here"),
    (MODIFY, "GET modify.example /response", "v2 res:x-echo=changed res:x-fresh=made res:!x-backend-only"),
    (MODIFY, "GET modify.example /response", "v2 res:x-more=a,b"),
    (MODIFY, "GET modify.example /backend", "v3 req:x-rule=rule req:x-own=v3 res:x-own-answer=v3"),
    (MODIFY, "GET modify.example /other", "404"),
    # Redirects
    (REDIRECT, "GET redirect.example /host/a?b=c", "302 location=http://other.example:{HTTP}/host/a?b=c"),
    (REDIRECT, "GET redirect.example /status", "301 location=http://other.example:{HTTP}/status"),
    (REDIRECT, "GET redirect.example /see", "303 location=http://other.example:{HTTP}/see"),
    (REDIRECT, "GET redirect.example /keep", "307 location=http://other.example:{HTTP}/keep"),
    (REDIRECT, "GET redirect.example /keepfor", "308 location=http://other.example:{HTTP}/keepfor"),
    (REDIRECT, "GET redirect.example /https", "302 location=https://redirect.example/https"),
    (REDIRECT, "GET redirect.example:{HTTP} /https", "302 location=https://redirect.example/https"),
    (REDIRECT, "GET redirect.example /both/x", "302 location=https://other.example/both/x"),
    (REDIRECT, "GET redirect.example /port", "302 location=http://redirect.example:8443/port"),
    (REDIRECT, "GET redirect.example /all", "302 location=https://other.example:8443/all"),
    (REDIRECT, "GET redirect.example /full/x?y=z", "302 location=http://other.example:{HTTP}/whole?y=z"),
    (REDIRECT, "GET redirect.example /from", "302 location=http://other.example:{HTTP}/to"),
    (REDIRECT, "GET redirect.example /from/x", "302 location=http://other.example:{HTTP}/to/x"),
    (REDIRECT, "GET redirect.example /strip/x", "302 location=http://other.example:{HTTP}/x"),
    (REDIRECT, "GET redirect.example /strip", "302 location=http://other.example:{HTTP}/"),
    (REDIRECT, "POST redirect.example /keep", "307 location=http://other.example:{HTTP}/keep"),
    # Rewrites
    (REWRITE, "GET rewrite.example /host/a", "v1 host=inner.example path=/host/a"),
    (REWRITE, "GET rewrite.example /full/a/b?c=d", "v1 path=/whole?c=d host=rewrite.example"),
    (REWRITE, "GET rewrite.example /from", "v2 path=/to"),
    (REWRITE, "GET rewrite.example /from/", "v2 path=/to/"),
    (REWRITE, "GET rewrite.example /from/a?b=c", "v2 path=/to/a?b=c"),
    (REWRITE, "GET rewrite.example /fromage", "404"),
    (REWRITE, "GET rewrite.example /slash/a", "v2 path=/to/a"),
    (REWRITE, "GET rewrite.example /slash", "v2 path=/to"),
    (REWRITE, "GET rewrite.example /strip", "v3 path=/"),
    (REWRITE, "GET rewrite.example /strip/", "v3 path=/"),
    (REWRITE, "GET rewrite.example /strip/a/b", "v3 path=/a/b"),
    (REWRITE, "GET rewrite.example /strip?x=y", "v3 path=/?x=y"),
    (REWRITE, "GET rewrite.example /empty/a", "v3 path=/a"),
    (REWRITE, "GET rewrite.example /empty", "v3 path=/"),
    (REWRITE, "GET rewrite.example /dot.ted/a", "v3 path=/a"),
    (REWRITE, "GET rewrite.example /dotxted/a", "404"),
    (REWRITE, "GET rewrite.example /two/a", "v4 host=inner.example path=/b/a req:x-a=b"),
    (REWRITE, "GET root.example /", "v1 path=/base/"),
    (REWRITE, "GET root.example /a", "v1 path=/base/a"),
    # Backends
    (BACKEND, "GET backends.example /zero", "v2"),
    (BACKEND, "GET backends.example /allzero", "500"),
    (BACKEND, "GET backends.example /none", "500"),
    (BACKEND, "GET backends.example /unknown", "500"),
    (BACKEND, "GET backends.example /wrongport", "500"),
    (BACKEND, "GET backends.example /empty", "503"),
    ("ReferenceGrant", "GET backends.example /foreign", "500"),
    ("ReferenceGrant", "GET backends.example /granted", "w2"),
    ("GEP-1911", "GET backends.example /h2c", "grpc1"),
    # Timeouts
    (TIME, "GET times.example /request", "504"),
    (TIME, "GET times.example /attempt", "504"),
    (TIME, "GET times.example /both", "504"),
    (TIME, "GET times.example /never", "slow"),
    (TIME, "GET times.example /enough", "slow"),
    # Retries
    (RETRY, "GET retry.example /codes/none", "flaky req:x-attempt=1"),
    (RETRY, "GET retry.example /codes/one x-fail:1:503", "flaky req:x-attempt=2"),
    (RETRY, "GET retry.example /codes/other x-fail:1:500", "flaky req:x-attempt=2"),
    (RETRY, "GET retry.example /codes/two x-fail:2:503", "flaky req:x-attempt=3"),
    (RETRY, "GET retry.example /codes/three x-fail:3:503", "503"),
    (RETRY, "GET retry.example /codes/unlisted x-fail:1:502", "502"),
    (RETRY, "GET retry.example /codes/client x-fail:1:404", "404"),
    (RETRY, "GET retry.example /codes/drop x-fail:1:drop", "flaky req:x-attempt=2"),
    (RETRY, "POST retry.example /codes/post x-fail:1:503", "flaky req:x-attempt=2"),
    (RETRY, "GET retry.example /once/one x-fail:1:503", "flaky req:x-attempt=2"),
    (RETRY, "GET retry.example /once/two x-fail:2:503", "503"),
    (RETRY, "GET retry.example /late/three x-fail:3:504", "flaky req:x-attempt=4"),
    (RETRY, "GET retry.example /late/unlisted x-fail:1:503", "503"),
    (RETRY, "GET retry.example /plain/one x-fail:1:503", "503"),
    (RETRY, "GET retry.example /timed/slow x-fail:1:slow", "flaky req:x-attempt=2"),
    # CORS
    (CORS, f"OPTIONS cors.example /plain origin:https://a.example {PREFLIGHT}",
     "200 res:access-control-allow-origin=https://a.example res:access-control-allow-methods=GET,PUT res:access-control-max-age=60 "
     "res:access-control-allow-headers=x-a,x-b res:!access-control-allow-credentials"),
    (CORS, f"OPTIONS cors.example /plain origin:http://b.example:8080 {PREFLIGHT}", "200 res:access-control-allow-origin=http://b.example:8080"),
    (CORS, f"OPTIONS cors.example /plain origin:http://b.example {PREFLIGHT}", "200 res:!access-control-allow-origin"),
    (CORS, f"OPTIONS cors.example /plain origin:https://evil.example {PREFLIGHT}", "200 res:!access-control-allow-origin"),
    (CORS, "GET cors.example /plain origin:https://a.example", "v1 res:access-control-allow-origin=https://a.example res:access-control-expose-headers=x-echo"),
    (CORS, "GET cors.example /plain origin:https://evil.example", "v1 res:!access-control-allow-origin"),
    (CORS, "GET cors.example /plain", "v1 res:!access-control-allow-origin"),
    (CORS, f"OPTIONS cors.example /credentials origin:https://x.example.com {PREFLIGHT}",
     "200 res:access-control-allow-origin=https://x.example.com res:access-control-allow-credentials=true res:access-control-max-age=5"),
    (CORS, "GET cors.example /credentials origin:https://x.y.example.com", "v2 res:access-control-allow-credentials=true"),
    (CORS, "GET cors.example /credentials origin:https://example.com", "v2 res:!access-control-allow-origin"),
    (CORS, "GET cors.example /credentials origin:https://xexample.com", "v2 res:!access-control-allow-origin"),
    (CORS, f"OPTIONS cors.example /any origin:https://who.ever {PREFLIGHT}", "200 res:access-control-allow-origin=https://who.ever"),
    (CORS, f"OPTIONS cors.example /none origin:https://a.example {PREFLIGHT}", "v4"),
    # Mirrors
    ("HTTPRequestMirrorFilter", "GET mirror.example /all", "v1"),
    ("HTTPRequestMirrorFilter", "GET mirror.example /unknown", "v1"),
    # Host names
    (HOST, "GET a.wild.example /", "v1"),
    (HOST, "GET A.WILD.EXAMPLE /", "v1"),
    (HOST, "GET a.wild.example:{HTTP} /", "v1"),
    (HOST, "GET x.b.wild.example /", "v1"),
    (HOST, "GET x.y.b.wild.example /", "v1"),
    (HOST, "GET b.wild.example /", "404"),
    (HOST, "GET c.wild.example /", "404"),
    (HOST, "GET exact.b.wild.example /exact", "v2"),
    (HOST, "GET exact.b.wild.example /", "v1"),
    (HOST, "GET outside.example /", "404"),
    (HOST, "GET x.any.example /", "v3"),
    (HOST, "GET any.example /", "404"),
    (HOST, "GET nobody.example /", "404"),
    # Who may attach
    (ALLOWED, "GET strange.example /", "404"),
    (ALLOWED, "GET welcome.all.example /", "w1"),
    (ALLOWED, "GET x.grpconly.example /", "404"),
    # An HTTPRoute and a GRPCRoute on one hostname: the older one
    ("GRPCRoute, hostnames", "POST paths.example /shop.v1.Catalog/List content-type:application/grpc", "v4"),
]

CALL = "GRPCRouteMatch"

# `SERVICE/METHOD [header:value …]`, and the service that answers or the status of gRPC.
GRPC = [
    (CALL, "shop.v1.Catalog/List", "grpc1"),
    (CALL, "shop.v1.Catalog/Get", "grpc2"),
    (CALL, "shop.v1.Catalog/Get x-to:three", "grpc3"),
    (CALL, "shop.v1.Catalog/List x-to:three", "grpc1"),
    (CALL, "shop.v1.Catalogue/Get", "UNIMPLEMENTED"),
    (CALL, "Catalog/Get", "UNIMPLEMENTED"),
    (CALL, "any.thing/Everywhere", "grpc3"),
    (CALL, "any.thing/everywhere", "UNIMPLEMENTED"),
    (CALL, "re.one/GetIt", "grpc1"),
    (CALL, "re.one/Put", "UNIMPLEMENTED"),
    ("GRPCRouteFilter", "mod.S/M", "grpc1 req:x-set=new"),
    ("GRPCRouteRule.backendRefs", "none.S/M", "UNAVAILABLE"),
    ("GRPCRouteRule.backendRefs", "plain.S/M", "grpc2"),
]


# Asked of the sidecar of a service in the namespace `default`.
MESH = [
    (GAMMA, "GET m-split /v2", "v2 path=/v2"),
    (GAMMA, "GET m-split /v2/x", "v2"),
    (GAMMA, "GET m-split /v2x", "404"),
    (GAMMA, "GET m-split /own", "v1"),
    (GAMMA, "GET m-split / x-to:three", "v3"),
    (GAMMA, "GET m-split / x-to:four", "404"),
    (GAMMA, "GET m-split /", "404"),
    (GAMMA, "GET m-split.default /v2", "v2"),
    (GAMMA, "GET m-split.default.svc.cluster.local /v2", "v2"),
    (GAMMA, "GET m-split:80 /v2", "v2"),
    (GAMMA, "GET m-plain /", "v4"),
    (GAMMA, "GET m-plain /any/path", "v4 path=/any/path"),
    (GAMMA, "GET m-filters /set", "v1 req:x-set=new"),
    (GAMMA, "GET m-filters /answer", "v1 res:x-answer=yes"),
    (GAMMA, "GET m-filters /rewrite/a", "v1 path=/to/a"),
    (GAMMA, "GET m-filters /moved/a", "302 location=/to/a"),
    (GAMMA, "GET m-filters /zero", "v2"),
    (GAMMA, "GET m-filters /unknown", "500"),
    (GAMMA, "GET m-filters /retry/one x-fail:1:503", "flaky req:x-attempt=2"),
    (GAMMA, "GET m-filters /longest", "v3"),
    (GAMMA, "GET m-filters /longest/more", "v5"),
    (FACETS, "GET m-nested /", "v1"),
    (FACETS, "GET m-nested /v2", "v1 path=/v2"),
    (CONSUMER, "GET m-far.far / x-to:route", "v5"),
    (CONSUMER, "GET m-plain / x-to:consumer", "v4"),
    (GAMMA, "GET nobody-there /", "404"),
]
