package io.heddle.proxy.engine.tls;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CRLException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;

/** Reads PEM (RFC 7468). Stateless. */
final class Pem {
  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]{1,40})-----([^-]*)-----END \\1-----");
  private static final String[] ALGORITHMS = {"RSA", "EC", "EdDSA"};

  /** An algorithm identifier of RSA, and the begin of one of elliptic curves. */
  private static final byte[] RSA = {
    0x30,
    0x0d,
    0x06,
    0x09,
    0x2a,
    (byte) 0x86,
    0x48,
    (byte) 0x86,
    (byte) 0xf7,
    0x0d,
    0x01,
    0x01,
    0x01,
    0x05,
    0x00
  };

  private static final byte[] EC_OID = {
    0x06, 0x07, 0x2a, (byte) 0x86, 0x48, (byte) 0xce, 0x3d, 0x02, 0x01
  };

  private Pem() {}

  @SuppressWarnings("ArrayRecordComponent") // Made here and not changed.
  private record Block(String label, byte[] data) {}

  private static List<Block> blocks(String field, byte[] text) throws BadMaterialException {
    List<Block> blocks = new ArrayList<>();
    Matcher matcher = BLOCK.matcher(new String(text, StandardCharsets.ISO_8859_1));
    while (matcher.find()) {
      try {
        blocks.add(
            new Block(matcher.group(1), Base64.getMimeDecoder().decode(matcher.group(2).strip())));
      } catch (IllegalArgumentException _) {
        throw new BadMaterialException(field, "a block that is not base 64", "PEM");
      }
    }
    return blocks;
  }

  static List<X509Certificate> certificates(String field, byte[] text) throws BadMaterialException {
    List<X509Certificate> certificates = new ArrayList<>();
    for (Block block : blocks(field, text)) {
      if (block.label().equals("CERTIFICATE") || block.label().equals("TRUSTED CERTIFICATE")) {
        try {
          certificates.add(
              (X509Certificate)
                  CertificateFactory.getInstance("X.509")
                      .generateCertificate(new ByteArrayInputStream(block.data())));
        } catch (CertificateException _) {
          throw new BadMaterialException(
              field, "a block that is not a certificate", "certificates in PEM");
        }
      }
    }
    if (certificates.isEmpty()) {
      throw new BadMaterialException(field, "no certificate", "at least one in PEM");
    }
    return certificates;
  }

  static List<X509CRL> crls(String field, byte[] text) throws BadMaterialException {
    List<X509CRL> crls = new ArrayList<>();
    for (Block block : blocks(field, text)) {
      if (block.label().equals("X509 CRL")) {
        try {
          crls.add(
              (X509CRL)
                  CertificateFactory.getInstance("X.509")
                      .generateCRL(new ByteArrayInputStream(block.data())));
        } catch (CertificateException | CRLException _) {
          throw new BadMaterialException(field, "a block that is not a CRL", "CRLs in PEM");
        }
      }
    }
    if (crls.isEmpty()) {
      throw new BadMaterialException(field, "no CRL", "at least one in PEM");
    }
    return crls;
  }

  static PrivateKey key(String field, byte[] text, byte[] password) throws BadMaterialException {
    for (Block block : blocks(field, text)) {
      byte[] encoded =
          switch (block.label()) {
            case "PRIVATE KEY" -> block.data();
            case "RSA PRIVATE KEY" -> wrapped(RSA, block.data());
            case "EC PRIVATE KEY" -> wrapped(ecAlgorithm(field, block.data()), block.data());
            case "ENCRYPTED PRIVATE KEY" -> decrypted(field, block.data(), password);
            default -> new byte[0];
          };
      if (encoded.length > 0) {
        return key(field, encoded);
      }
    }
    throw new BadMaterialException(field, "no private key", "one in PEM");
  }

  private static PrivateKey key(String field, byte[] encoded) throws BadMaterialException {
    for (String algorithm : ALGORITHMS) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(encoded));
      } catch (InvalidKeySpecException _) {
        // Another algorithm's.
      } catch (GeneralSecurityException _) {
        break;
      }
    }
    throw new BadMaterialException(field, "a key that cannot be read", "an RSA or EC key");
  }

  private static byte[] decrypted(String field, byte[] data, byte[] password)
      throws BadMaterialException {
    try {
      EncryptedPrivateKeyInfo info = new EncryptedPrivateKeyInfo(data);
      AlgorithmParameters parameters = info.getAlgParameters();
      // PBES2 names what it is made of only in its parameters.
      String algorithm = parameters == null ? info.getAlgName() : parameters.toString();
      Key key =
          SecretKeyFactory.getInstance(algorithm)
              .generateSecret(
                  new PBEKeySpec(new String(password, StandardCharsets.UTF_8).toCharArray()));
      Cipher cipher = Cipher.getInstance(algorithm);
      cipher.init(Cipher.DECRYPT_MODE, key, parameters);
      return info.getKeySpec(cipher).getEncoded();
    } catch (GeneralSecurityException | IOException _) {
      throw new BadMaterialException(
          field, "an encrypted key that the password does not open", "the key's password");
    }
  }

  /** A PKCS#8 frame around an older form. */
  private static byte[] wrapped(byte[] algorithm, byte[] key) {
    ByteArrayOutputStream inner = new ByteArrayOutputStream();
    inner.writeBytes(new byte[] {0x02, 0x01, 0x00});
    inner.writeBytes(algorithm);
    inner.writeBytes(tagged(0x04, key));
    return tagged(0x30, inner.toByteArray());
  }

  private static byte[] tagged(int tag, byte[] content) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(tag);
    int size = content.length;
    if (size < 0x80) {
      out.write(size);
    } else if (size < 0x100) {
      out.write(0x81);
      out.write(size);
    } else {
      out.write(0x82);
      out.write(size >> 8);
      out.write(size);
    }
    out.writeBytes(content);
    return out.toByteArray();
  }

  /** The curve stands within the key (RFC 5915) under tag 0, as an object identifier. */
  private static byte[] ecAlgorithm(String field, byte[] key) throws BadMaterialException {
    for (int at = 0; at + 4 < key.length; at++) {
      int size = key[at + 1];
      boolean curve =
          key[at] == (byte) 0xa0 && key[at + 2] == 0x06 && size == key[at + 3] + 2 && size > 2;
      if (curve && at + 2 + size <= key.length) {
        ByteArrayOutputStream inner = new ByteArrayOutputStream();
        inner.writeBytes(EC_OID);
        inner.write(key, at + 2, size);
        return tagged(0x30, inner.toByteArray());
      }
    }
    throw new BadMaterialException(
        field, "an EC key without its curve", "an EC key with its curve");
  }
}
