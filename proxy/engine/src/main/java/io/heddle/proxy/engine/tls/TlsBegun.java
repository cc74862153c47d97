package io.heddle.proxy.engine.tls;

import io.netty.handler.ssl.ReferenceCountedOpenSslEngine;

/** One connection's engine, which has seen no byte, and who verifies its peer. */
record TlsBegun(ReferenceCountedOpenSslEngine engine, PeerVerifier verifier) {}
