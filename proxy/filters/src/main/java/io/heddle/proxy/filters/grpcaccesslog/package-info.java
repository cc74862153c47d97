/**
 * Sends access logs to a gRPC service (Envoy's ALS), of HTTP exchanges and of TCP connections.
 *
 * <p>Start at {@link HttpGrpcAccessLoggerFactory} and {@link TcpGrpcAccessLoggerFactory}; {@link
 * LogStream} is the stream that both send on, {@link LogEntries} makes the entries.
 *
 * <ul>
 *   <li><b>Threads:</b> entries are made on event loops; the stream belongs to the proxy's
 *       background thread; between them is one short list under a lock.
 *   <li><b>Invariant:</b> at most 1 MiB waits for a service that is away or slow; what does not fit
 *       is dropped and counted.
 *   <li><b>Out of scope:</b> which exchanges are logged: that is a filter of the access log.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.filters.grpcaccesslog;

import org.jspecify.annotations.NullMarked;
