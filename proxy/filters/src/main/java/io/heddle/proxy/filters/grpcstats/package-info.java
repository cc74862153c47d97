/**
 * Counts gRPC calls and their messages under the cluster that serves them.
 *
 * <p>Start at {@link GrpcStatsFilterFactory}; {@link MethodStats} are the numbers of one method.
 *
 * <ul>
 *   <li><b>Threads:</b> one filter an exchange, on its event loop; the table of methods is shared.
 *   <li><b>Invariant:</b> what clients send makes no more than {@value MethodTable#MOST} methods.
 *   <li><b>Out of scope:</b> gRPC-Web and gRPC over HTTP/1.1 in other forms.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.filters.grpcstats;

import org.jspecify.annotations.NullMarked;
