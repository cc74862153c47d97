package io.heddle.proxy.app.admin;

import com.google.gson.stream.JsonWriter;
import io.heddle.proxy.api.CertificateInfo;
import io.heddle.proxy.engine.TlsView;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Supplier;

/**
 * {@code /certs}: the certificates in use and when they end, as {@code
 * envoy.admin.v3.Certificates}, an entry for each filter chain and each cluster. Has no key.
 */
public final class CertsPage implements AdminPage {
  private final Supplier<List<TlsView>> inUse;
  private final InstantSource clock;

  /** Shows what is in use when someone looks. */
  public CertsPage(Supplier<List<TlsView>> inUse, InstantSource clock) {
    this.inUse = inUse;
    this.clock = clock;
  }

  @Override
  public AdminResponse answer(AdminRequest request) {
    StringWriter text = new StringWriter();
    try (JsonWriter out = new JsonWriter(text)) {
      out.setIndent(" ");
      out.beginObject().name("certificates").beginArray();
      for (TlsView view : inUse.get()) {
        out.beginObject();
        out.name("ca_cert");
        all(view.authorities(), out);
        out.name("cert_chain");
        all(view.certificates(), out);
        out.endObject();
      }
      out.endArray().endObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return AdminResponse.json(text + "\n");
  }

  /** Whole days until the first of these certificates ends; 0 where there is none. */
  public static long daysLeft(List<TlsView> inUse, Instant now) {
    long least = Long.MAX_VALUE;
    for (TlsView view : inUse) {
      for (List<CertificateInfo> some : List.of(view.certificates(), view.authorities())) {
        for (CertificateInfo one : some) {
          least = Math.min(least, daysLeft(one, now));
        }
      }
    }
    return least == Long.MAX_VALUE ? 0 : least;
  }

  private static long daysLeft(CertificateInfo certificate, Instant now) {
    return Math.max(0, Duration.between(now, certificate.notAfter()).toDays());
  }

  private void all(List<CertificateInfo> certificates, JsonWriter out) throws IOException {
    out.beginArray();
    for (CertificateInfo one : certificates) {
      out.beginObject();
      out.name("serial_number").value(one.serial());
      out.name("subject_alt_names").beginArray();
      names("dns", one.dnsSans(), out);
      names("uri", one.uriSans(), out);
      names("ip_address", one.ipSans(), out);
      out.endArray();
      // 64 bits are text in the JSON of protobuf.
      out.name("days_until_expiration").value(Long.toString(daysLeft(one, clock.instant())));
      out.name("valid_from").value(one.notBefore().toString());
      out.name("expiration_time").value(one.notAfter().toString());
      out.endObject();
    }
    out.endArray();
  }

  private static void names(String kind, List<String> names, JsonWriter out) throws IOException {
    for (String name : names) {
      out.beginObject().name(kind).value(name).endObject();
    }
  }
}
