package sandbox;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.context.support.IValidationSupport.IssueSeverity;
import ca.uhn.fhir.validation.FhirValidator;
import ca.uhn.fhir.validation.SingleValidationMessage;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.common.hapi.validation.support.InMemoryTerminologyServerValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.SnapshotGeneratingValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.UnknownCodeSystemWarningValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;

/**
 * Validates R4 resources against the base specification, without network: {@code ValidateResources [FILE…]}.
 *
 * <p>Reads files of one JSON resource each, or, without files, one resource per line from standard input. Prints
 * one line per resource, in order: {@code {"source": …, "issues": [{"severity", "location", "message"}, …]}}.
 * A Questionnaire, CodeSystem, ValueSet or StructureDefinition among them is known to the others. Ends with 1 if any resource has an error. Codes of systems that do not ship with the specification, SNOMED CT
 * and LOINC among them, are told as warnings: whether they exist cannot be known here.
 */
public final class ValidateResources {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern DEFINES =
            Pattern.compile("\"resourceType\"\\s*:\\s*\"(Questionnaire|CodeSystem|ValueSet|StructureDefinition)\"");

    private final FhirValidator validator;
    private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    private boolean sound = true;

    /** Knows the base specification and, besides, what the canonical resources among {@code lines} define. */
    private ValidateResources(List<String> lines) {
        FhirContext fhir = FhirContext.forR4();
        GivenDefinitions given = new GivenDefinitions(fhir);
        for (String line : lines) {
            if (DEFINES.matcher(line).find()) {
                given.addResource(fhir.newJsonParser().parseResource(line));
            }
        }
        UnknownCodeSystemWarningValidationSupport unknownSystems =
                new UnknownCodeSystemWarningValidationSupport(fhir);
        unknownSystems.setNonExistentCodeSystemSeverity(IssueSeverity.WARNING);
        ValidationSupportChain knowledge = new ValidationSupportChain(
                new DefaultProfileValidationSupport(fhir),
                given,
                new CommonCodeSystemsTerminologyService(fhir),
                new InMemoryTerminologyServerValidationSupport(fhir),
                new SnapshotGeneratingValidationSupport(fhir),
                unknownSystems);
        validator = fhir.newValidator().registerValidatorModule(new FhirInstanceValidator(knowledge));
    }

    public static void main(String[] files) throws IOException {
        List<String> sources = new ArrayList<>(List.of(files));
        List<String> resources = new ArrayList<>();
        for (String file : files) {
            resources.add(Files.readString(Path.of(file)));
        }
        if (files.length == 0) {
            BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            lines.lines().filter(line -> !line.isBlank()).forEach(line -> {
                resources.add(line);
                sources.add("resource " + resources.size());
            });
        }
        ValidateResources validation = new ValidateResources(resources);
        for (int number = 0; number < resources.size(); number++) {
            validation.validate(sources.get(number), resources.get(number));
        }
        System.exit(validation.sound ? 0 : 1);
    }

    private void validate(String source, String resource) throws IOException {
        ObjectNode told = JSON.createObjectNode().put("source", source);
        ArrayNode issues = told.putArray("issues");
        try {
            for (SingleValidationMessage message : validator.validateWithResult(resource).getMessages()) {
                String severity = message.getSeverity().getCode();
                sound = sound && !severity.equals("error") && !severity.equals("fatal");
                issues.addObject()
                        .put("severity", severity)
                        .put("location", message.getLocationString())
                        .put("message", message.getMessage());
            }
        } catch (RuntimeException unreadable) {
            // HAPI's several parsers each have exceptions of their own for what is no JSON.
            sound = false;
            issues.addObject().put("severity", "fatal").put("location", "").put("message", unreadable.toString());
        }
        out.println(JSON.writeValueAsString(told));
    }
}
