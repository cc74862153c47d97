package io.heddle.proxy.engine;

/**
 * A listening socket, as another process of the same proxy must know it.
 *
 * @param listener the listener's name
 * @param configured the address as it is configured
 * @param bound the address as the system tells it
 */
public record OpenSocket(String listener, String configured, String bound) {}
