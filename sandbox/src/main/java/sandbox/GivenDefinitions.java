package sandbox;

import ca.uhn.fhir.context.FhirContext;
import java.util.HashMap;
import java.util.Map;
import org.hl7.fhir.common.hapi.validation.support.PrePopulatedValidationSupport;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.Questionnaire;

/** What is validated may itself define things: code systems, value sets, profiles, and questionnaires. */
final class GivenDefinitions extends PrePopulatedValidationSupport {

    private final Map<String, Questionnaire> questionnaires = new HashMap<>();

    GivenDefinitions(FhirContext fhir) {
        super(fhir);
    }

    @Override
    public void addResource(IBaseResource resource) {
        if (resource instanceof Questionnaire questionnaire) {
            questionnaires.put(questionnaire.getUrl(), questionnaire);
            questionnaires.put(questionnaire.getUrl() + "|" + questionnaire.getVersion(), questionnaire);
        } else {
            super.addResource(resource);
        }
    }

    @Override
    public <T extends IBaseResource> T fetchResource(Class<T> type, String url) {
        IBaseResource found = questionnaires.get(url);
        return type.isInstance(found) ? type.cast(found) : super.fetchResource(type, url);
    }
}
