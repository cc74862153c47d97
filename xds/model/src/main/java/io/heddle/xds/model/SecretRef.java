package io.heddle.xds.model;

import java.time.Duration;

/**
 * A secret by its name ({@code envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig}).
 *
 * @param fetched whether it comes by SDS; otherwise it is one of the bootstrap's
 * @param initialFetchTimeout how long a listener or cluster waits for it; zero means for ever
 */
public record SecretRef(String name, boolean fetched, Duration initialFetchTimeout) {}
