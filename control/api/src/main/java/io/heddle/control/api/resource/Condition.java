package io.heddle.control.api.resource;

/**
 * One statement about an object, in the form of Kubernetes conditions.
 *
 * @param type such as {@code Accepted}, {@code ResolvedRefs} or {@code Programmed}
 * @param reason one word in CamelCase, for machines
 * @param message for people
 * @param observedGeneration the generation of the object that this was said about
 * @param lastTransitionTime RFC 3339; when {@code status} last changed
 */
public record Condition(
    String type,
    ConditionStatus status,
    String reason,
    String message,
    long observedGeneration,
    String lastTransitionTime) {}
