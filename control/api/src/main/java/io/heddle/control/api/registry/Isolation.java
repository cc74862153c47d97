package io.heddle.control.api.registry;

/**
 * Whether the control plane believes itself cut off: so many leases ran out at once that it is
 * likelier that their heartbeats do not arrive than that all of the instances died.
 *
 * @param held how many instances are held back now
 * @param episodes how often this happened since the start
 */
public record Isolation(boolean isolated, int held, long episodes) {}
