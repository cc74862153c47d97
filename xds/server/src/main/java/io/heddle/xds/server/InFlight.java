package io.heddle.xds.server;

import java.util.List;
import java.util.Map;

/**
 * A response that is not answered yet.
 *
 * @param version what it says its version is
 * @param upserts what is new or different in it, by the names that the client asked by
 * @param removed names that the client asked by and that it is told are gone
 * @param doubts those that end if it is accepted
 * @param beats what it only renews
 */
record InFlight(
    String nonce,
    String version,
    Map<String, EncodedResource> upserts,
    List<String> removed,
    Map<String, String> doubts,
    boolean trial,
    List<String> beats) {}
