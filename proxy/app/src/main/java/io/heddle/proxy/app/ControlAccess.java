package io.heddle.proxy.app;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.netty.GrpcSslContexts;
import io.heddle.xds.client.ChannelSource;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import javax.net.ssl.SSLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How the mesh's control plane is spoken to: over TLS where its authority is known, with the token
 * of the file where there is one. The file is read anew for each call, so that a token can be
 * changed without a restart; the token itself is nowhere kept.
 *
 * @param tls trusts the control plane's authority
 */
public record ControlAccess(Optional<SslContext> tls, Optional<Path> tokenFile) {
  /** In clear text, as nobody in particular. */
  public static final ControlAccess OPEN = new ControlAccess(Optional.empty(), Optional.empty());

  private static final Logger LOG = LoggerFactory.getLogger(ControlAccess.class);
  private static final int LONGEST_TOKEN = 256;
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  /** Declares the options that {@link #of} reads. */
  static Arguments.Declaration declare(Arguments.Declaration options) {
    return options
        .option(
            "FILE",
            "Authority of the control plane's certificate (its tls/ca.pem): speak TLS.",
            "--control-ca")
        .option("FILE", "File that holds the token of this proxy.", "--token-file");
  }

  /** What the options say; what is wrong with them becomes a problem of theirs. */
  static ControlAccess of(Arguments given) {
    Optional<Path> authority = given.path("--control-ca");
    Optional<Path> token = given.path("--token-file");
    if (token.isPresent() && authority.isEmpty()) {
      given.problem("--token-file: expected --control-ca too, as a token is sent over TLS only");
      return OPEN;
    }
    if (token.isPresent()) {
      try {
        read(token.get());
      } catch (IOException e) {
        given.problem("--token-file: " + e.getMessage());
      }
    }
    if (authority.isEmpty()) {
      return OPEN;
    }
    try {
      SslContext tls = GrpcSslContexts.forClient().trustManager(authority.get().toFile()).build();
      return new ControlAccess(Optional.of(tls), token);
    } catch (SSLException | IllegalArgumentException e) {
      given.problem(
          "--control-ca: found "
              + authority.get()
              + " ("
              + e.getMessage()
              + "), expected certificates in PEM");
      return OPEN;
    }
  }

  /** Channels that are spoken to so; they end with the ones they are made of. */
  ChannelSource over(ChannelSource channels) {
    ChannelSource secured = tls.map(channels::over).orElse(channels);
    return tokenFile.<ChannelSource>map(file -> secured.calling(new Bearer(file))).orElse(secured);
  }

  private static String read(Path file) throws IOException {
    if (Files.size(file) > LONGEST_TOKEN) {
      throw new IOException(
          "found " + file + " with more than " + LONGEST_TOKEN + " bytes, expected a token");
    }
    String token = Files.readString(file, StandardCharsets.US_ASCII).strip();
    if (!token.matches("[\\x21-\\x7e]+")) {
      throw new IOException("found no token in " + file + ", expected one line of text");
    }
    return token;
  }

  /** Says with each call whose it is. */
  private record Bearer(Path file) implements ClientInterceptor {
    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(
        MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
      return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
        @Override
        public void start(Listener<R> listener, Metadata headers) {
          try {
            headers.put(AUTHORIZATION, "Bearer " + read(file));
          } catch (IOException e) {
            // The control plane refuses the call, and it is tried again later.
            LOG.warn("The token cannot be read: {}", e.getMessage());
          }
          super.start(listener, headers);
        }
      };
    }
  }
}
