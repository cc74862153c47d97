package io.heddle.control.api.document;

/**
 * A text to read.
 *
 * @param file how errors name it: a file, or where else it came from
 */
public record SourceText(String file, String text) {}
