package io.heddle.proxy.engine.tls;

import io.netty.handler.ssl.OpenSsl;
import io.netty.internal.tcnative.Buffer;
import io.netty.internal.tcnative.SSL;
import io.netty.internal.tcnative.SSLContext;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.security.interfaces.RSAKey;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Base64;
import java.util.Deque;

/**
 * Whether a private key is that of a certificate. A probe that is signed and verified would tell,
 * too, but the first signature over an elliptic curve costs a JVM that starts half of its time;
 * BoringSSL compares at once. Stateless.
 */
final class KeyMatch {
  private static final Base64.Encoder PEM = Base64.getMimeEncoder(64, new byte[] {'\n'});

  private KeyMatch() {}

  static boolean matches(PrivateKey key, X509Certificate leaf) {
    PublicKey other = leaf.getPublicKey();
    if (key instanceof RSAKey one && other instanceof RSAKey two) {
      return one.getModulus().equals(two.getModulus());
    }
    if (!key.getAlgorithm().equals(other.getAlgorithm())) {
      return false;
    }
    try {
      return key.getAlgorithm().equals("EC")
          ? nativelyMatches(key.getEncoded(), leaf.getEncoded())
          : signs(key, other);
    } catch (GeneralSecurityException _) {
      return false;
    }
  }

  private static boolean signs(PrivateKey key, PublicKey other) throws GeneralSecurityException {
    byte[] probe = {1, 2, 3};
    Signature signer = Signature.getInstance(key.getAlgorithm());
    signer.initSign(key);
    signer.update(probe);
    byte[] signed = signer.sign();
    Signature verifier = Signature.getInstance(key.getAlgorithm());
    verifier.initVerify(other);
    verifier.update(probe);
    return verifier.verify(signed);
  }

  private static boolean nativelyMatches(byte[] key, byte[] certificate)
      throws GeneralSecurityException {
    OpenSsl.ensureAvailability();
    // What BoringSSL made, to be freed in reverse.
    Deque<Runnable> made = new ArrayDeque<>();
    try {
      long context = SSLContext.make(SSL.SSL_PROTOCOL_TLSV1_2, SSL.SSL_MODE_SERVER);
      made.push(() -> SSLContext.free(context));
      long ssl = SSL.newSSL(context, true);
      made.push(() -> SSL.freeSSL(ssl));
      long certificates = bio("CERTIFICATE", certificate);
      made.push(() -> SSL.freeBIO(certificates));
      long chain = SSL.parseX509Chain(certificates);
      made.push(() -> SSL.freeX509Chain(chain));
      long keys = bio("PRIVATE KEY", key);
      made.push(() -> SSL.freeBIO(keys));
      long parsed = SSL.parsePrivateKey(keys, "");
      made.push(() -> SSL.freePrivateKey(parsed));
      SSL.setKeyMaterial(ssl, chain, parsed);
      return true;
    } catch (Exception refused) {
      throw new GeneralSecurityException("no pair", refused);
    } finally {
      made.forEach(Runnable::run);
    }
  }

  private static long bio(String what, byte[] der) throws Exception {
    byte[] body = PEM.encode(der);
    byte[] head = ("-----BEGIN " + what + "-----\n").getBytes(StandardCharsets.US_ASCII);
    byte[] foot = ("\n-----END " + what + "-----\n").getBytes(StandardCharsets.US_ASCII);
    int size = head.length + body.length + foot.length;
    ByteBuffer pem = ByteBuffer.allocateDirect(size).put(head).put(body).put(foot).flip();
    // A private key stays nowhere.
    Arrays.fill(body, (byte) 0);
    try {
      long bio = SSL.newMemBIO();
      if (SSL.bioWrite(bio, Buffer.address(pem), size) != size) {
        SSL.freeBIO(bio);
        throw new GeneralSecurityException("a buffer of BoringSSL takes no " + size + " bytes");
      }
      return bio;
    } finally {
      pem.clear().put(new byte[size]);
    }
  }
}
