// Opens what only you can open (docs/receiving.md), with Nimbus JOSE + JWT 9 or newer and Jackson.
//
// A sketch: the hub's own tests run the clients in Python and Node, not this one. It opens an answer that
// was asked for already (the body of POST /graphql) and throws where anything of it is not as it must be.

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.nimbusds.jose.EncryptionMethod;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWEAlgorithm;
import com.nimbusds.jose.JWEHeader;
import com.nimbusds.jose.JWEObject;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.crypto.DirectDecrypter;
import com.nimbusds.jose.crypto.ECDHDecrypter;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.OctetSequenceKey;
import java.text.ParseException;
import java.util.Map;
import java.util.regex.Pattern;

public final class ReceivingClient {
    private static final Pattern SEALED =
            Pattern.compile("eyJ[A-Za-z0-9_-]+\\.\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+");
    private static final ObjectMapper JSON = new ObjectMapper();

    private final ECKey own; // P-256; for an X25519 key: OctetKeyPair and X25519Decrypter (needs Tink)

    public ReceivingClient(ECKey own) {
        this.own = own;
    }

    /** Returns an answer whose values were sealed, with each value in its place again. */
    public JsonNode openedAnswer(JsonNode body) throws Exception {
        JsonNode told = body.path("extensions").path("encryption");
        if (told.isMissingNode()) {
            return body;
        }
        JWEObject carried = opened(told.get("key").asText());
        String response = text(carried.getHeader(), "rid");
        byte[] content =
                OctetSequenceKey.parse(carried.getPayload().toString()).toByteArray();
        ObjectNode whole = body.deepCopy();
        whole.set("data", openedTree(body.get("data"), "/data", content, response));
        return whole;
    }

    /** Returns the content of an answer that was encrypted whole; with hubKeys it must be signed. */
    public JsonNode openedWhole(String text, JWKSet hubKeys) throws Exception {
        JWEObject carried = opened(text);
        if (hubKeys == null) {
            return JSON.readTree(carried.getPayload().toBytes());
        }
        if (!"jose".equals(carried.getHeader().getContentType())) {
            throw new JOSEException("The answer is not signed.");
        }
        JWSObject signed = JWSObject.parse(carried.getPayload().toString());
        if (!JWSAlgorithm.ES256.equals(signed.getHeader().getAlgorithm())) {
            throw new JOSEException("Another algorithm.");
        }
        JWK key = hubKeys.getKeyByKeyId(signed.getHeader().getKeyID());
        if (key == null || !signed.verify(new ECDSAVerifier(key.toECKey()))) {
            throw new JOSEException("The hub did not sign it.");
        }
        boolean isThis =
                new JOSEObjectType("hub-answer+jws").equals(signed.getHeader().getType())
                        && text(carried.getHeader(), "rid")
                                .equals(signed.getHeader().getCustomParam("rid"));
        if (!isThis) {
            throw new JOSEException("What is signed is not this answer.");
        }
        return JSON.readTree(signed.getPayload().toBytes());
    }

    private JWEObject opened(String text) throws JOSEException, ParseException {
        JWEObject carried = JWEObject.parse(text);
        check(carried.getHeader(), JWEAlgorithm.ECDH_ES_A256KW);
        carried.decrypt(new ECDHDecrypter(own));
        return carried;
    }

    private static JsonNode openedTree(JsonNode tree, String path, byte[] content, String response)
            throws Exception {
        if (tree.isObject()) {
            ObjectNode made = JSON.createObjectNode();
            for (Map.Entry<String, JsonNode> each : tree.properties()) {
                String place = path + "/" + each.getKey();
                made.set(each.getKey(), openedTree(each.getValue(), place, content, response));
            }
            return made;
        }
        if (tree.isArray()) {
            ArrayNode made = JSON.createArrayNode();
            for (int n = 0; n < tree.size(); n++) {
                made.add(openedTree(tree.get(n), path + "/" + n, content, response));
            }
            return made;
        }
        if (!tree.isTextual() || !SEALED.matcher(tree.asText()).matches()) {
            return tree;
        }
        JWEObject value = JWEObject.parse(tree.asText());
        check(value.getHeader(), JWEAlgorithm.DIR);
        value.decrypt(new DirectDecrypter(content));
        boolean isHere =
                response.equals(text(value.getHeader(), "rid"))
                        && path.equals(text(value.getHeader(), "path"));
        if (!isHere) {
            throw new JOSEException("The value at " + path + " belongs somewhere else.");
        }
        return JSON.readTree(value.getPayload().toBytes());
    }

    /** The algorithms are fixed; none is taken from what came, and nothing is compressed. */
    private static void check(JWEHeader header, JWEAlgorithm algorithm) throws JOSEException {
        boolean isOurs =
                algorithm.equals(header.getAlgorithm())
                        && EncryptionMethod.A256GCM.equals(header.getEncryptionMethod())
                        && header.getCompressionAlgorithm() == null;
        if (!isOurs) {
            throw new JOSEException("Another algorithm.");
        }
    }

    private static String text(JWEHeader header, String name) {
        Object found = header.getCustomParam(name);
        return found instanceof String ? (String) found : "";
    }
}
