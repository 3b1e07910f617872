internal import SwarmContracts

extension LinkJudge {
    /// Is there a certificate, ours and strict, and does every field of it bind the real thing?
    func certificate(_ list: inout CheckList) {
        if isRoot {
            list.judge(
                "certificate.shape",
                code("CERT_UNEXPECTED"),
                link.bytes.certificate == nil
                    ? .notApplicable("root has no certificate") : .fails("root has a certificate")
            )
            return
        }
        readable("certificate.shape", "CERT", link.certificate, &list)
        guard let certificate = link.certificate.value, let descriptor = link.descriptor.value else {
            list.judge("certificate.binding", code("CERT_INVALID"), .notApplicable("it could not be read"))
            return
        }
        parentCertificate(certificate, &list)
        list.compare(
            "certificate.job",
            code("JOB_MISMATCH"),
            [Comparison("$.job_id", certificate.jobID, descriptor.runID)]
        )
        let mode = descriptor.identity.operation.bundleMode
        list.compare(
            "certificate.mode",
            code("MODE_MISMATCH"),
            [Comparison("$.mode", certificate.mode.rawValue, mode.rawValue)]
        )
        parentState(certificate, descriptor, &list)
        outcome(certificate, descriptor, &list)
        let time = LogicalTime.text(step: descriptor.ratchetStep)
        list.compare(
            "certificate.time",
            code("TIME_MISMATCH"),
            [
                Comparison("$.timestamp", certificate.timestamp, time),
                Comparison("$.runtime.started_at", certificate.runtime.startedAt, time),
                Comparison("$.runtime.finished_at", certificate.runtime.finishedAt, time),
                Comparison("$.policy.policy_generated_at", certificate.policy?.policyGeneratedAt ?? time, time),
            ]
        )
        workflow(certificate, &list)
        route(certificate, &list)
    }

    private func parentCertificate(_ certificate: Certificate, _ list: inout CheckList) {
        let name = "certificate.parent"
        let found = certificate.parentCertificateSHA256
        switch parent {
        case .link(let parent):
            list.compare(
                name,
                code("CERT_PARENT_MISMATCH"),
                [Comparison("$.parent_certificate_sha256", found, parent.certificateSHA256)]
            )
        case .none, .unknown:
            list.judge(name, code("CERT_PARENT_MISMATCH"), .notApplicable("there is no parent at hand"))
        }
    }

    private func parentState(_ certificate: Certificate, _ descriptor: BundleDescriptor, _ list: inout CheckList) {
        let name = "certificate.parent_state"
        let stated = certificate.parentState
        var comparisons = [Comparison("$.parent_state.ratchet_step", stated.ratchetStep, descriptor.ratchetStep - 1)]
        if case .link(let parent) = parent {
            comparisons.append(
                Comparison("$.parent_state.bundle_sha256", stated.bundleSHA256, parent.bundleSHA256)
            )
            if let expected = parent.descriptor.value {
                comparisons.append(Comparison("$.parent_state.state_id", stated.stateID, expected.stateID))
            }
        }
        list.compare(name, code("PARENT_STATE_MISMATCH"), comparisons)
    }

    private func outcome(_ certificate: Certificate, _ descriptor: BundleDescriptor, _ list: inout CheckList) {
        let new = certificate.result.newState
        list.compare(
            "certificate.new_state",
            code("NEW_STATE_MISMATCH"),
            [
                Comparison("$.result.new_state.state_id", new.stateID, descriptor.stateID),
                Comparison("$.result.new_state.bundle_sha256", new.bundleSHA256, link.bundleSHA256),
                Comparison(
                    "$.result.new_state.bundle_manifest_sha256",
                    new.bundleManifestSHA256,
                    descriptor.rootSHA256
                ),
            ]
        )
        var comparisons = [
            Comparison(
                "$.result.response_locator",
                certificate.result.responseLocator,
                "swarm:bundle/\(link.bundleSHA256)#response"
            )
        ]
        if descriptor.identity.operation.bundleMode == .stateLicense {
            // Nothing ran, so nothing answered: the SHA-256 of no bytes.
            let empty = Digest256.sha256(of: [UInt8]())
            comparisons.append(Comparison("$.result.response_sha256", certificate.result.responseSHA256, empty))
        }
        list.compare("certificate.response", code("RESPONSE_MISMATCH"), comparisons)
    }

    private func workflow(_ certificate: Certificate, _ list: inout CheckList) {
        do throws(WorkflowRefError) {
            let reference = try WorkflowRef(certificate.runtime.workflowRef)
            list.judge("certificate.pin", "WORKFLOW_REF_UNPINNED", .holds("\(reference) names a full commit"))
        } catch { list.judge("certificate.pin", error.code, .fails(error.message)) }
    }

    private func route(_ certificate: Certificate, _ list: inout CheckList) {
        let route = certificate.execution.route
        guard let node = link.node.value else {
            list.judge("certificate.route", code("ROUTE_MISMATCH"), .notApplicable("the node could not be read"))
            return
        }
        let asked = node.network.routeMode
        if route.directFallback, asked == .clientExit, route.mode == .direct {
            list.judge(
                "certificate.route",
                code("ROUTE_MISMATCH"),
                .holds("client_exit, fell back to direct as allowed")
            )
            return
        }
        list.compare(
            "certificate.route",
            code("ROUTE_MISMATCH"),
            [Comparison("$.execution.route.mode", route.mode.rawValue, asked.rawValue)]
        )
    }
}
