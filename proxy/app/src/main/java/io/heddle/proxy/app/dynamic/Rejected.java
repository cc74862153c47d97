package io.heddle.proxy.app.dynamic;

import java.time.Instant;

/** The last refusal of a resource that has not been followed by an accepted version. */
public record Rejected(String version, String message, Instant at) {}
