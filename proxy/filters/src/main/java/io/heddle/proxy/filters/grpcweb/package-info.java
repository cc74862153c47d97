/**
 * Lets browsers call gRPC services: translates gRPC-Web, binary and text, into gRPC and back.
 *
 * <p>Start at {@link GrpcWebFilter}; {@link Base64Stream} reads the text form as it comes.
 *
 * <ul>
 *   <li><b>Threads:</b> one filter an exchange, on its event loop.
 *   <li><b>Invariant:</b> nothing is gathered but three characters of Base64, and the first 16 KiB
 *       of a response that is not gRPC.
 *   <li><b>Out of scope:</b> gRPC over HTTP/1.1 to the service.
 * </ul>
 *
 * @see <a href="https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md">gRPC-Web</a>
 */
@NullMarked
package io.heddle.proxy.filters.grpcweb;

import org.jspecify.annotations.NullMarked;
