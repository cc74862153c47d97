package io.heddle.proxy.app.sidecar;

/** The ports that a sidecar uses, none of them zero. */
public record SidecarPorts(int inbound, int outbound, int admin) {}
