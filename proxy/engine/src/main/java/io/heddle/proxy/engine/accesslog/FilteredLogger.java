package io.heddle.proxy.engine.accesslog;

import io.heddle.proxy.api.AccessLogger;

/** A logger of an extension, and what it is given. */
public record FilteredLogger(LogFilter filter, AccessLogger logger) {}
